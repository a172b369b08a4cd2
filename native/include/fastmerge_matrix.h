/* fastmerge_matrix.h - dense linear algebra in the C ABI; included by fastmerge.h, whose rules hold. */
#ifndef FASTMERGE_MATRIX_H
#define FASTMERGE_MATRIX_H
#include "fastmerge.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- matrices ---------------------------------------------------------------------------- */

/* Dense linear algebra over an OpenBLAS that is opened at run time. The same bits for the same library, core
 * type and thread count; not across them. Nothing here reads mapped file memory. A matrix is stored by rows:
 * element (i, j) is at i * stride + j. Results do not depend on where a matrix lies or on its stride. */
typedef struct fm_matrix {
  void* data;
  int64_t rows;
  int64_t columns;
  int64_t stride; /* elements from one row to the next, >= columns */
  int32_t dtype;  /* FM_F32, or FM_F64 where a function says so */
  int32_t reserved;
} fm_matrix;

/* The library in use. OPENBLAS_* variables of the environment play no part, so that a core type set there for
 * another program does not halve the speed unseen; FASTMERGE_BLAS_CORETYPE forces one, FASTMERGE_BLAS names
 * the library's file. It is opened when it is first needed. */
typedef struct fm_blas_info {
  int32_t struct_size;
  int32_t is_forced; /* 1: FASTMERGE_BLAS_CORETYPE is set */
  char library[512]; /* the file */
  char version[64];  /* "0.3.21" */
  char core[64];     /* "Cooperlake": the kernels in use */
  char ignored[256]; /* "OPENBLAS_CORETYPE=Haswell": what the environment says and is not heeded; or "" */
} fm_blas_info;

/* FM_UNSUPPORTED, with what was tried, if there is no library. */
FM_API fm_status fm_blas_describe(fm_blas_info* info, fm_error* error);

/* Memory that the calls below work in, taken once and used again, and the threads they may use. A call that
 * needs more than the capacity is FM_OUT_OF_MEMORY, and its text has both numbers. One thread: calls with
 * other arenas of one thread run side by side. More: the call has the library to itself. One call at a time.
 */
typedef struct fm_arena fm_arena;
FM_API fm_status fm_arena_create(int64_t capacity, int32_t threads, fm_arena** arena, fm_error* error);
FM_API void fm_arena_destroy(fm_arena* arena);

/* Bytes of arena that a call works in at most. `count` is k, or what a function's comment says; for matrices
 * of m rows and n columns. */
enum {
  FM_WORK_MULTIPLY = 1, /* m x n result, count: inner length */
  FM_WORK_GRAM = 2,     /* m x n matrix, count: of_rows */
  FM_WORK_SOLVE = 3,    /* m x n right-hand side, n x n system, count 0 */
  FM_WORK_QR = 4,
  FM_WORK_POLAR = 5, /* count: 0, 1 for exact, 2 for FM_POLAR_COMPLETE; 0 and 1 depend on min(m, n) alone */
  FM_WORK_SPECTRUM = 6, /* from create to destroy, all calls in between */
  FM_WORK_SUBSPACE = 7,
  FM_WORK_SVD = 8,         /* count: bytes of an element, 4 or 8 */
  FM_WORK_SPECTRUM_F32 = 9 /* FM_WORK_SPECTRUM with precise 0, which needs less */
};
FM_API int64_t fm_matrix_work(int32_t work, int64_t m, int64_t n, int64_t count);

/* c = alpha op(a) op(b) + beta c; op transposes if the flag is set. All F32 or all F64, accumulated in it. */
FM_API fm_status fm_matrix_multiply(fm_arena* arena, double alpha, const fm_matrix* a, int32_t transpose_a,
                                    const fm_matrix* b, int32_t transpose_b, double beta, fm_matrix* c,
                                    fm_error* error);

/* b = alpha op(a) + beta b, F32 or F64 each, computed in binary64 and rounded once; with beta 0 b is not
 * read. b may be a if a is not transposed. */
FM_API fm_status fm_matrix_add(double alpha, const fm_matrix* a, int32_t transpose_a, double beta,
                               fm_matrix* b, fm_error* error);

/* a_ij *= rows[i] * columns[j]; either may be NULL. The product is formed in binary64 and rounded once. */
FM_API fm_status fm_matrix_scale(fm_matrix* a, const double* rows, const double* columns, fm_error* error);

/* dots[i] = sum over j of a_ij b_ij, binary64, for each row (by_columns 0) or column (1). */
FM_API fm_status fm_matrix_dots(const fm_matrix* a, const fm_matrix* b, int32_t by_columns, double* dots,
                                fm_error* error);

/* How many elements are NaN or Inf. */
FM_API fm_status fm_matrix_count_nonfinite(const fm_matrix* a, int64_t* count, fm_error* error);

/* g = alpha G + beta g with G = a^T a (of_rows 0, n x n) or a a^T (of_rows 1, m x m); a F32 or F64, g F64,
 * sums in binary64 in blocks of 1024 of the long side. g is filled on both sides of the diagonal. */
FM_API fm_status fm_matrix_gram(fm_arena* arena, double alpha, const fm_matrix* a, int32_t of_rows,
                                double beta, fm_matrix* g, fm_error* error);

/* x = b (g + ridge mean(diag g) I)^-1 by Cholesky in binary64; g F64 n x n symmetric positive semidefinite, b
 * and x m x n, F32 or F64; x may be b. Where the factorisation breaks down the ridge is raised tenfold from
 * 1e-12 on until it does not; *used receives the ridge in the end. g = 0 gives x = 0. g is overwritten. */
FM_API fm_status fm_matrix_solve(fm_arena* arena, fm_matrix* g, double ridge, const fm_matrix* b,
                                 fm_matrix* x, double* used, fm_error* error);

/* Solves (G o H) w = s for the K numbers w, where G = u^T u and H = v^T v, o is the element-wise product, and
 * u (m x K) and v (n x K) are F32: the weights w of features u_k v_k^T whose sum has the strength s_k along
 * each. Ridge as above. Cholesky up to K = 4096, above it conjugate gradients to a relative residual of
 * 1e-10, at most 10 K steps, with the matrix formed (8 K^2 bytes) up to K = 16384; *residual receives ||(G o
 * H) w - s|| / ||s||. Work: FM_WORK_SOLVE with m, n, count K. */
FM_API fm_status fm_matrix_feature_weights(fm_arena* arena, const fm_matrix* u, const fm_matrix* v,
                                           const double* s, double ridge, double* w, double* residual,
                                           fm_error* error);

/* a = q r, thin, of m >= n: q m x n with orthonormal columns, r n x n upper triangular with a diagonal >= 0.
 * F32 or F64, all alike. A column that depends on those before it gives an orthonormal one and r_jj = 0. */
FM_API fm_status fm_matrix_qr(fm_arena* arena, const fm_matrix* a, fm_matrix* q, fm_matrix* r,
                              fm_error* error);

/* The polar factor q = U V^T of a = U S V^T, m x n, F32; q may be a. Mixed precision: the first
 * Halley-Cholesky step in binary64, the others in binary32. */
enum {
  FM_POLAR_PARTIAL =
      0, /* directions with s <= tolerance * s_1 are left out: a partial isometry. They are told
            from the others to about 1e-7 s_1; up to 1e-4 of the largest, an s that is in and one
            that is out are told apart as far as 1e-16 (s_1 / s)^2 lets their vectors be */
  FM_POLAR_COMPLETE = 1, /* LAPACK's SVD, with what it makes of such directions: not reproducible across
                            libraries */
};
typedef struct fm_polar {
  int32_t struct_size;
  int32_t policy;
  int32_t exact; /* 1: every step in binary64 */
  int32_t reserved;
  double tolerance;    /* 0: 2^-21; at least 2^-24 is taken */
  int64_t rank;        /* out: directions that are in */
  double nuclear_norm; /* out: <q, a> = sum of s */
  double largest;      /* out: an estimate of s_1 */
} fm_polar;
FM_API fm_status fm_matrix_polar(fm_arena* arena, const fm_matrix* a, fm_polar* options, fm_matrix* q,
                                 fm_error* error);

/* The singular values of a (m x n, F32), p = min(m, n) of them, largest first, and what belongs to the
 * leading ones. `precise` 1: the Gram matrix and its eigenvalues in binary64, values good to about 1e-7
 * s_1; 0: in binary32, values good to about 5e-4 s_1, with the vectors at a cut refined; spans as good as
 * gesdd's while s_65 is at most 6 times the last value kept. There zeros come out as large as that, but as
 * 0 where they are more than a few hundredths of p, with what cannot be told from them; vectors of values
 * below 1e-3 s_1 mean nothing. a must stay as it is until destroy. Null vectors: columns of zero-rank
 * directions (s <= 1e-7 s_1) are 0 in u and v. The sign of a pair is such that the element of v of largest
 * magnitude, of equal ones the first, is positive. */
typedef struct fm_spectrum fm_spectrum;
FM_API fm_status fm_spectrum_create(fm_arena* arena, const fm_matrix* a, int32_t precise,
                                    fm_spectrum** spectrum, fm_error* error);
FM_API void fm_spectrum_destroy(fm_spectrum* spectrum);
FM_API fm_status fm_spectrum_values(const fm_spectrum* spectrum, double* values, int64_t count,
                                    fm_error* error);
/* u m x k, v n x k: the k leading left and right vectors; either may be NULL. */
FM_API fm_status fm_spectrum_vectors(fm_spectrum* spectrum, int64_t k, fm_matrix* u, fm_matrix* v,
                                     fm_error* error);
/* b = scale * (the sum of the k leading s_i u_i v_i^T); b F32 m x n, may be a. k = p gives scale * a. */
FM_API fm_status fm_spectrum_project(fm_spectrum* spectrum, int64_t k, double scale, fm_matrix* b,
                                     fm_error* error);

/* The k leading triplets by randomised subspace iteration (F32, QR between steps): starts from Philox
 * normals of `seed`, oversampling max(8, k/4), `steps` power steps. s descending. Signs as above; directions
 * with s <= 1e-6 s_1 have s = 0 and columns of 0. *energy receives ||a||_F^2, from which the part that is
 * left out follows. */
FM_API fm_status fm_matrix_subspace(fm_arena* arena, const fm_matrix* a, int64_t k, int32_t steps,
                                    uint64_t seed, fm_matrix* u, double* s, fm_matrix* v, double* energy,
                                    fm_error* error);

/* All p triplets by LAPACK (gesdd), F32 or F64, all alike; u m x p, v n x p, or both NULL: the
 * values only. Signs as above. The reference that tests and benchmarks hold the other ways against. */
FM_API fm_status fm_matrix_svd(fm_arena* arena, const fm_matrix* a, fm_matrix* u, double* s, fm_matrix* v,
                               fm_error* error);

/* A NaN or an Inf in the input of any of these is FM_INVALID_ARGUMENT where it would reach LAPACK; they end
 * in bounded time for any input. */

#ifdef __cplusplus
}
#endif
#endif
