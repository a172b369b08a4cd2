/* fastmerge_low_rank.h - the chapter of fastmerge.h, which includes it, on low-rank updates of tensors: LoRA
 * adapters. */
#ifndef FASTMERGE_LOW_RANK_H
#define FASTMERGE_LOW_RANK_H
#ifndef FASTMERGE_H
#error "include fastmerge.h"
#endif

/* The update of a tensor that is one matrix or several of equal size, m x n each, stored by rows one after
 * the other: W_e + scale L_e R_e with L_e m x r and R_e r x n. Factors are binary32, never mapped memory. */
typedef struct fm_low_rank {
  int32_t struct_size;  /* sizeof(fm_low_rank) */
  uint32_t flags;       /* 0 or FM_FLAG_ZERO_NONFINITE, of the input */
  int64_t matrices;     /* e counts to */
  int64_t rows;         /* m */
  int64_t columns;      /* n */
  int64_t rank;         /* r, at least 1 */
  int64_t right_stride; /* floats from one row of R_e to the next, at least n rounded up to 64 */
  const float* left;    /* element (e, i, k) at (e * m + i) * r + k */
  const float* right;   /* element (e, k, j) at (e * r + k) * right_stride + j; what is behind column n of a
                           row is read and does not matter */
  const float* magnitudes; /* NULL, or one for each of the e * m rows: each row is then scaled to that norm */
  float scale;
  int32_t reserved;
  int64_t first_element; /* of the chunk, in the tensor; with magnitudes a multiple of n */
  int64_t element_count; /* up to 2^31 - 1; with magnitudes a multiple of n */
} fm_low_rank;

/* output[i] = decode(input[i]) + scale * s, where s = sum over k = 0, 1, ... r - 1 in this order of products
 * L_e(i, k) R_e(k, j), every operation rounded to binary32 on its own. With magnitudes a row v becomes f v, f
 * = magnitude / ||v|| rounded once; the norm is of binary64 sums of squares in 16 lanes (column mod 16),
 * lanes added pairwise (+8, +4, +2, +1), and a row of zeros stays one. A NaN is the canonical one. The same
 * bits for every target and chunking. The input may be mapped; its NaN and Inf are counted. */
FM_API fm_status fm_low_rank_add(const fm_low_rank* update, fm_buffer* input, float* output, fm_error* error);

/* Where the elements of a stored factor belong: element (a, b, c) of a tensor of shape (any, count_b,
 * count_c) goes to a * stride_a + b * stride_b + c * stride_c. */
typedef struct fm_placement {
  int64_t count_b;
  int64_t count_c;
  int64_t stride_a;
  int64_t stride_b;
  int64_t stride_c;
} fm_placement;

/* Decodes `count` elements of a stored factor, of which the first is element `first`, into their places in a
 * target of `capacity` floats. The source may be mapped; its NaN and Inf are counted. flags as above. */
FM_API fm_status fm_low_rank_load(fm_buffer* source, int64_t first, int64_t count,
                                  const fm_placement* placement, uint32_t flags, float* target,
                                  int64_t capacity, fm_error* error);

#endif
