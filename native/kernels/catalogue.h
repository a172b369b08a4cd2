/* catalogue.h - what a generated kernel looks like. The build writes kernels for the programs of
 * the method catalogue into generated/fm_catalogue.inl. It has FM_CATALOGUE_PARTS parts, by pair of
 * dtypes and by the first bits of a program's hash, so that a new method changes few of them; each is
 * compiled by itself (FM_CATALOGUE_PART), once per ISA level, after fm_prims.h and this file. */
#ifndef FM_CATALOGUE_H
#define FM_CATALOGUE_H

#define FM_TILE 256 /* elements of a tile of a kernel that loops over any number of models */

/* Everything is already advanced to the first element of the range: a kernel runs i = 0..n-1. */
struct fm_kernel_args {
  const void* const* singles; /* [single inputs] */
  const void* const* models;  /* [K] */
  void* const* outputs;       /* [outputs]; of a program with sinks a tile of f32 for each value they read */
  const float* uniforms;      /* uniforms, then K values of each model uniform */
  const fm_u32* cuts;         /* threshold of cut c and model k at c*K + k; within iff bits >= threshold */
  const fm_u32* const*
      masks; /* random mask r and model k at r*K + k: 0 or 0xffffffff for each i, or a word */
  const float* const* arrays; /* arrays, then array s of model k at arrays + s*K + k */
  float* scratch;             /* scratch_tiles * K * FM_TILE floats, 64-byte aligned */
  fm_i64 model_count;         /* K */
};

typedef void (*fm_kernel_fn)(const fm_kernel_args* args, fm_i64 n);

struct fm_catalogue_entry {
  fm_u64 program;       /* FNV-1a 64 over the program's words, taken as little-endian bytes */
  fm_i32 models;        /* K, or -1 for any number of models */
  fm_i32 input_dtype;   /* of every single and model input */
  fm_i32 output_dtype;  /* of every output */
  fm_i32 scratch_tiles; /* per-model tiles a looped kernel keeps between its loops */
  fm_kernel_fn run;
};
/* A part defines: static const fm_catalogue_entry fm_catalogue[], ascending by program, and
 * static const fm_i64 fm_catalogue_count; */
#endif
