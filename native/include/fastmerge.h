/* fastmerge.h - the C ABI of libfastmerge_native.
 *
 * The library computes; it never opens a file, never prints, never aborts, never knows a merge
 * method's name. The caller owns every buffer. Every call that can fail returns an fm_status and
 * fills the caller's fm_error (which may be NULL). All functions may be called from any thread;
 * one handle may be used from many threads at once unless its comment says otherwise.
 *
 * Chapters: status, targets, dtypes, programs, map, reduce, ranks, select, matrices, hashing, mapped files;
 * low-rank updates in fastmerge_low_rank.h.
 */
#ifndef FASTMERGE_H
#define FASTMERGE_H
#include <stdint.h>

#if defined(__GNUC__)
#define FM_API __attribute__((visibility("default")))
#else
#define FM_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define FM_ABI_VERSION 3

/* ---- status ------------------------------------------------------------------------------ */

typedef int32_t fm_status;
enum {
  FM_OK = 0,
  FM_INVALID_ARGUMENT = 10, /* an argument is outside what its comment allows */
  FM_UNSUPPORTED = 11,      /* valid, but this build or machine cannot do it */
  FM_OUT_OF_MEMORY = 20,    /* an allocation failed */
  FM_INPUT_SHRANK = 40,     /* a mapped input became shorter while it was read */
  FM_INPUT_IO = 41,         /* a mapped input could not be read (I/O error) */
  FM_INPUT_CHANGED = 42,    /* an input's values are others in one reading than in the one before */
  FM_INTERNAL = 90          /* a defect of this library */
};

/* Caller-owned description of a failure. text is NUL-terminated UTF-8, one line. */
typedef struct fm_error {
  int32_t status;
  char text[252];
} fm_error;

FM_API int32_t fm_abi_version(void);

/* ---- targets ----------------------------------------------------------------------------- */

/* Names of the instruction-set targets this machine can run, best first, separated by spaces
 * ("x86-64-v4 x86-64-v3 x86-64-v2", or "aarch64"). *needed receives the bytes including NUL. */
FM_API fm_status fm_target_list(char* text, int32_t capacity, int32_t* needed, fm_error* error);

/* The target in use. FASTMERGE_TARGET in the environment forces one; an unknown or unsupported
 * name is FM_UNSUPPORTED and the message lists what is available. */
FM_API fm_status fm_target_name(char* text, int32_t capacity, int32_t* needed, fm_error* error);

/* Switches the process to a named target (tests and benchmarks); NULL or "" returns to the best. */
FM_API fm_status fm_target_select(const char* name, fm_error* error);

/* ---- dtypes ------------------------------------------------------------------------------ */

enum { FM_F32 = 0, FM_F16 = 1, FM_BF16 = 2, FM_F64 = 3, FM_F8_E4M3 = 4, FM_F8_E5M2 = 5, FM_DTYPE_COUNT = 6 };

/* ---- programs ---------------------------------------------------------------------------- */

/* A program is straight-line element-wise code in fp32 over one element of each input, with
 * loops over the models. It is an array of little-endian 32-bit words:
 *
 *   word 0  FM_PROGRAM_MAGIC          word 1  format version (1)
 *   word 2  instruction count         word 3  register count
 *   word 4  single inputs             word 5  1 if there are model inputs, else 0
 *   word 6  uniforms                  word 7  model uniforms
 *   word 8  cuts                      word 9  random masks
 *   word 10 literals                  word 11 outputs
 *   word 12 reduction sinks           word 13 histogram sinks
 *   word 14 arrays                    word 15 model arrays
 *   then   register kinds, one word each: bit 0 set = one value per model, bit 1 set = mask
 *   then   literals, one IEEE binary32 word each
 *   then   instructions, FM_INSTRUCTION_WORDS words each:
 *            op, destination register, operand a, operand b, operand c, immediate
 *
 * An operand word is (kind << 24) | index: kind 0 register, 1 uniform, 2 model uniform,
 * 3 literal; FM_NO_OPERAND where an operation takes fewer operands. Per-model registers and
 * model uniforms may be used only between FOR_MODELS and END_MODELS, where the instructions run
 * for model 0, 1, ... K-1 in this order; a per-model register keeps one value for each model, so
 * a later loop may read it. Loops do not nest. A program is pure: exactly one instruction writes a
 * register, and none may read it before; a fold over models (SUM_MODELS, LARGEST_MODELS, MAX_MODELS) may be
 * read after its loop. In a loop only folds write a single register. Every output is stored once, every sink
 * fed once; what is stored or fed is a register. Unused operands are FM_NO_OPERAND, unused destinations and
 * immediates 0. A NaN has the magnitude bits 0x7fc00000, whatever an input's payload was. Arithmetic is IEEE
 * binary32, round to nearest even, no contraction, denormals kept. */
#define FM_PROGRAM_MAGIC 0x31504d46u /* "FMP1" */
#define FM_INSTRUCTION_WORDS 6
#define FM_NO_OPERAND 0xffffffffu
#define FM_OPERAND(kind, index) (((uint32_t)(kind) << 24) | (uint32_t)(index))
enum {
  FM_OPERAND_REGISTER = 0,
  FM_OPERAND_UNIFORM = 1,
  FM_OPERAND_MODEL_UNIFORM = 2,
  FM_OPERAND_LITERAL = 3
};

enum {
  FM_OP_FOR_MODELS = 1,       /* begins a loop over the models */
  FM_OP_END_MODELS = 2,       /* ends it */
  FM_OP_LOAD_SINGLE = 3,      /* dst = decode(single input imm) */
  FM_OP_LOAD_MODEL = 4,       /* dst = decode(input of this model); only in a loop */
  FM_OP_MOVE = 5,             /* dst = a */
  FM_OP_LOAD_ARRAY = 6,       /* dst = the element's value in array imm */
  FM_OP_LOAD_MODEL_ARRAY = 7, /* dst = the element's value in model array imm of this model; only in a loop */
  FM_OP_ADD = 10,             /* dst = a + b */
  FM_OP_SUB = 11,             /* dst = a - b */
  FM_OP_MUL = 12,             /* dst = a * b */
  FM_OP_DIV = 13,             /* dst = a / b, correctly rounded */
  FM_OP_MIN = 14,             /* dst = b < a ? b : a   (a if either is NaN) */
  FM_OP_MAX = 15,             /* dst = a < b ? b : a   (a if either is NaN) */
  FM_OP_ABS = 16,             /* dst = |a| (clears the sign bit) */
  FM_OP_NEG = 17,             /* dst = -a (flips the sign bit) */
  FM_OP_SQRT = 18,            /* dst = sqrt(a), correctly rounded */
  FM_OP_EXP = 19,             /* dst = e^a, within 1 unit in the last place */
  FM_OP_LOG = 20,             /* dst = log a, within 1 unit; 0 gives -Inf, numbers below NaN */
  FM_OP_TANH = 21,            /* dst = tanh a, within 1.5 units */
  FM_OP_LESS = 30,            /* mask = a < b  (false with NaN), and so on */
  FM_OP_LESS_EQUAL = 31,
  FM_OP_EQUAL = 32,
  FM_OP_NOT_EQUAL = 33, /* true with NaN */
  FM_OP_AND = 34,       /* mask = a & b */
  FM_OP_OR = 35,
  FM_OP_NOT = 36,
  FM_OP_SELECT = 37,         /* dst = mask a ? b : c */
  FM_OP_SIGN = 40,           /* dst = a >= 0 ? +1 : -1   (NaN gives -1, -0 gives +1) */
  FM_OP_AGREES = 41,         /* mask = (b < 0 ? -a : a) > 0; b is a SIGN result; false for a = 0, NaN */
  FM_OP_KEEP_LARGEST = 42,   /* dst = element is within cut imm of this model (or single) ? a : 0 */
  FM_OP_KEEP_BAND = 43,      /* dst = within cut imm[15:0] and not within cut imm[31:16] ? a : 0 */
  FM_OP_RANDOM_KEEP = 44,    /* dst = random mask imm keeps the element ? a : 0 */
  FM_OP_ROUND_TO = 45,       /* dst = decode(encode(a)) in dtype imm */
  FM_OP_RANDOM_KEEP_AT = 46, /* dst = kept with probability b by the random words of mask imm ? a : 0. Of the
                                2^32 words the r = round(b * 2^32) largest keep, half to even, at least one
                                for b > 0, all for b >= 1, none for b <= 0 or NaN. A mask serves RANDOM_KEEP
                                or RANDOM_KEEP_AT, which does not look at its drop. */
  FM_OP_SUM_MODELS = 50,     /* single dst = sum over models of a, in model order; in a loop, a per-model;
                                starts from -0.0, the identity of addition */
  FM_OP_LARGEST_MODELS = 51, /* the same: the a of largest magnitude (bits without the sign, so NaN is above
                                Inf), of equal ones the last; without models 0 */
  FM_OP_MAX_MODELS = 52,     /* the same: the largest a, of equal ones the first; NaN if any is; without
                                models -Inf */
  FM_OP_STORE = 60,          /* output imm = encode(a); outside loops */
  FM_OP_REDUCE_SUM = 61,     /* reduction sink imm += (double)a */
  FM_OP_REDUCE_ABS = 62,     /* reduction sink imm += |(double)a| */
  FM_OP_REDUCE_DOT = 63,     /* reduction sink imm += (double)a * (double)b */
  FM_OP_REDUCE_GRAM = 64,    /* outside loops, a per-model: sink imm = all a_i . a_j, i <= j, row-major
                                upper triangle, K(K+1)/2 values */
  FM_OP_HISTOGRAM = 65,      /* histogram sink imm counts |a| */
  FM_OP_REDUCE_MAX = 66      /* reduction sink imm = the largest (double)a; NaN if any is */
};
/* Reduction sinks are laid out in order of sink number. A sink fed from inside a loop has K
 * values, a Gram sink K(K+1)/2, any other one value. Cuts, random masks and histogram sinks
 * used inside a loop have one entry for each model, else one; entry k of sink or cut s is found
 * at s*K + k when inside a loop, at s*K when outside (K taken as at least 1). */

typedef struct fm_program fm_program;

/* Checks and compiles a program. Anything malformed is FM_INVALID_ARGUMENT, never a crash. */
FM_API fm_status fm_program_create(const uint32_t* words, int64_t word_count, fm_program** program,
                                   fm_error* error);
FM_API void fm_program_destroy(fm_program* program);

/* Number of reduction values for K models. */
FM_API fm_status fm_program_reductions(const fm_program* program, int32_t models, int64_t* count,
                                       fm_error* error);

typedef struct fm_buffer {
  void* data;    /* element 0 of this chunk; any alignment */
  int32_t dtype; /* FM_F32 ... */
  int32_t reserved;
  int64_t nonfinite; /* out, added to: elements seen (inputs) or written (outputs) that are, as
                        binary32, NaN or Inf */
} fm_buffer;

/* A cut of a KEEP op: the element with tensor index i and magnitude bits m (the binary32 pattern
 * with the sign cleared) is within the cut iff m > threshold, or m == threshold and i < index.
 * Everything is within {0, INT64_MAX}; nothing within {0xffffffff, 0}. */
typedef struct fm_cut {
  uint32_t threshold;
  uint32_t reserved;
  int64_t index;
} fm_cut;

/* A random mask: Philox4x32-10 with key = seed. Element i of the tensor uses counter
 * c = (i / 64) * 16 + i % 16: c0 = low 32 bits of c, c1 = bits 32..47 of c | model << 16,
 * c2 and c3 = low and high half of stream, and output word (i / 16) % 4. The element is kept iff
 * word >= drop. drop is 0 to 2^32; 0 keeps all, 2^32 keeps none. */
typedef struct fm_random {
  uint64_t seed;
  uint64_t stream;
  uint64_t drop;
  uint32_t model;
  uint32_t reserved;
} fm_random;

/* Numbers that are neither stored in the checkpoint nor constant over a row: of an array with a period p
 * element i of the tensor has data[i % p]; without one (0) element 0 of the chunk has data[0]. The memory
 * must not be a mapped file. */
typedef struct fm_array {
  const float* data;
  int64_t period;
} fm_array;

enum {
  FM_FLAG_INTERPRET = 1,       /* do not use a generated kernel */
  FM_FLAG_ZERO_NONFINITE = 2,  /* read NaN and Inf inputs as 0 (they are still counted) */
  FM_FLAG_COUNT_NONFINITE = 4, /* fill fm_buffer.nonfinite */
  FM_FLAG_JOIN_ROWS = 8,   /* reduce: row_length says where uniforms change, sums are of the whole chunk */
  FM_FLAG_PART_OF_ROW = 16 /* reduce: the chunk is a part of one row, aligned as in a tensor of that row */
};

/* One run of a program over a chunk of a tensor. */
typedef struct fm_run {
  int32_t struct_size; /* sizeof(fm_run) */
  uint32_t flags;
  int32_t models; /* K, 0 if the program has no model inputs */
  int32_t reserved;
  int64_t first_element;    /* tensor index of element 0 of the buffers */
  int64_t element_count;    /* elements in this chunk, up to 2^31 - 1 */
  fm_buffer* single_inputs; /* as many as the program has */
  fm_buffer* model_inputs;  /* K */
  fm_buffer* outputs;       /* as many as the program has */
  const float* uniforms;    /* uniforms, then K values of each model uniform */
  int64_t row_length;       /* 0: one block of uniforms; else elements of a row, and element i
                               of the tensor uses the block of row i / row_length */
  int64_t row_stride;       /* floats from one row's block to the next; uniforms points at the
                               block of row first_element / row_length */
  const fm_cut* cuts;
  const fm_random* randoms;
  const fm_array* arrays; /* arrays, then K of each model array */
} fm_run;

/* Inputs may be mapped file memory in every call that takes an fm_run: reads are guarded, and a
 * fault gives FM_INPUT_SHRANK or FM_INPUT_IO. Outputs must not overlap inputs. */

/* ---- map --------------------------------------------------------------------------------- */

/* Runs a program that has outputs. Same bits for every target, chunking and kernel kind. */
FM_API fm_status fm_map_run(const fm_program* program, fm_run* run, fm_error* error);

/* Whether a generated kernel would run this (1), or the interpreter (0). */
FM_API fm_status fm_map_is_generated(const fm_program* program, const fm_run* run, int32_t* generated,
                                     fm_error* error);

/* ---- reduce ------------------------------------------------------------------------------ */

/* Runs a program that has reduction sinks. Sums are binary64 over a fixed tree: leaves of 4096
 * elements from the tensor's start (or the row's, when row_length is set), inside a leaf 16
 * lanes (index mod 16) added in index order, lanes added pairwise (0+8.. no: lane i + lane i+8,
 * then +4, +2, +1), leaves added pairwise by index, an odd one carried up.
 * Without rows: first_element is a multiple of 4096 and the chunk, unless it ends the tensor,
 * is 4096 * 2^m elements long and aligned to its length; sums receives this chunk's values and the caller
 * adds chunks pairwise by index. With rows: the chunk is whole rows, sums receives the values of each row in
 * turn. A REDUCE_MAX value is the largest instead of a sum everywhere, -Inf over nothing. */
FM_API fm_status fm_reduce_run(const fm_program* program, fm_run* run, double* sums, int64_t sum_count,
                               fm_error* error);

/* Whether each reduction value for K models is a sum (0) or a largest one (1). */
FM_API fm_status fm_program_maxima(const fm_program* program, int32_t models, uint8_t* maxima, int64_t count,
                                   fm_error* error);

/* Reduces along the first axis: row_length is the number of columns (elements with equal index modulo it).
 * Value v of column c is at values[v * row_length + c]; terms are added to it one by one, in index order.
 * Chunks come in index order, each once; the first (first_element 0) begins with clearing the values.
 * Uniforms do not change from row to row: row_stride is not looked at. */
FM_API fm_status fm_reduce_columns_run(const fm_program* program, fm_run* run, double* values,
                                       int64_t value_count, fm_error* error);

/* ---- ranks ------------------------------------------------------------------------------- */

/* Ranks magnitudes in their rows: for each histogram entry e of the program (sink s of model k is entry s*K +
 * k) ranks[e * element_count + i] is the rank of element i among its row, 1 for the smallest magnitude, equal
 * magnitudes in index order, NaN above Inf. The chunk is whole rows of row_length, at most 2^24, elements;
 * uniforms as in a map. */
FM_API fm_status fm_rank_run(const fm_program* program, fm_run* run, float* ranks, int64_t rank_count,
                             fm_error* error);

/* Bytes fm_rank_run allocates for rows of a length. */
FM_API int64_t fm_rank_bytes(int64_t row_length);

/* ---- select ------------------------------------------------------------------------------ */

/* Finds, for each request, the cut that keeps exactly `keep` elements: the largest magnitudes
 * of histogram entry `entry` (sink s of model k is entry s*K + k), equal magnitudes in index
 * order. keep <= 0 gives a cut that nothing is within, keep >= element count one that everything is within:
 * {0, INT64_MAX}, or with `exact` set the smallest magnitude and the index after its last element.
 * NaN ranks above Inf.
 *
 * Protocol: create; fm_select_count over every chunk, any order, any threads (`worker` is a
 * number below `workers` that no two concurrent calls share); fm_select_next. While it returns
 * *more = 1, run the pass it asks for over [*first, *first + *count) and call it again: one with
 * *ordered = 0 (any order, any threads) covers the whole tensor, one with *ordered = 1 (scan) covers part
 * of it, must go in index order on one thread and may stop when the range ends. Then fm_select_cuts.
 * A selection may go over several tensors, one after the other: `before` is the number of its elements that
 * come before the run's tensor, and ranges and indexes count from the first tensor's first element. What the
 * first chunks hold decides how many passes there are, never the cuts. */
typedef struct fm_select fm_select;
typedef struct fm_select_request {
  int32_t entry;
  int32_t exact; /* 0 or 1: the threshold is wanted as a number */
  int64_t keep;
} fm_select_request;

FM_API fm_status fm_select_create(int32_t entries, const fm_select_request* requests, int32_t request_count,
                                  int64_t element_count, int32_t workers, fm_select** select,
                                  fm_error* error);
FM_API fm_status fm_select_run(fm_select* select, const fm_program* program, fm_run* run, int64_t before,
                               int32_t worker, fm_error* error);
FM_API fm_status fm_select_next(fm_select* select, int32_t* more, int64_t* first, int64_t* count,
                                int32_t* ordered, fm_error* error);
FM_API fm_status fm_select_cuts(const fm_select* select, fm_cut* cuts, fm_error* error);
FM_API void fm_select_destroy(fm_select* select);

/* Bytes fm_select_create and its passes will allocate at most, for the memory plan. */
FM_API int64_t fm_select_bytes(int32_t entries, int32_t request_count, int64_t element_count,
                               int32_t workers);

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

/* a_ij *= b_ij. F64 both. */
FM_API fm_status fm_matrix_multiply_elements(fm_matrix* a, const fm_matrix* b, fm_error* error);

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
 * leading ones. `precise` 1: the Gram matrix and its eigenvalues in binary64, values good to about 1e-7 s_1;
 * 0: in binary32, values good to about 5e-4 s_1, with the vectors at a cut refined; zeros come out as large
 * as that, and the vectors of values below 1e-3 s_1 mean nothing, so it is for matrices of full rank. a must
 * stay as it is until destroy. Null vectors: columns of zero-rank directions (s <= 1e-7 s_1) are 0 in u and
 * v. The sign of a pair is such that the element of v of largest magnitude, of equal ones the first, is
 * positive. */
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
 * values only. Signs as above. */
FM_API fm_status fm_matrix_svd(fm_arena* arena, const fm_matrix* a, fm_matrix* u, double* s, fm_matrix* v,
                               fm_error* error);

/* A NaN or an Inf in the input of any of these is FM_INVALID_ARGUMENT where it would reach LAPACK; they end
 * in bounded time for any input. */

/* ---- hashing ----------------------------------------------------------------------------- */

#define FM_HASH_BLOCK 65536
/* XXH3-64 and XXH3-128 (seed 0); the 128-bit hash is written in canonical (big-endian) order. */
FM_API uint64_t fm_hash64(const void* data, int64_t size);
FM_API void fm_hash128(const void* data, int64_t size, uint8_t out[16]);
/* XXH3-128 of each FM_HASH_BLOCK bytes of data; the last block may be short. */
FM_API void fm_hash_blocks(const void* data, int64_t size, uint8_t* out);

/* ---- mapped files ------------------------------------------------------------------------ */

/* Maps size bytes of an open descriptor read-only; the descriptor may be closed afterwards. */
FM_API fm_status fm_map_file(int32_t descriptor, int64_t size, void** address, fm_error* error);
FM_API void fm_unmap_file(void* address, int64_t size);
/* Asks the kernel to read ahead (advice 1), to drop (2) a range of a mapping; a hint, never fails. */
FM_API void fm_advise(void* address, int64_t size, int32_t advice);
/* memcpy whose source may be mapped file memory. */
FM_API fm_status fm_guarded_copy(void* destination, const void* source, int64_t size, fm_error* error);
/* The page-aligned anonymous memory of chunk buffers; zero-filled, huge pages where possible. */
FM_API fm_status fm_allocate(int64_t size, void** address, fm_error* error);
FM_API void fm_free(void* address, int64_t size);

#include "fastmerge_low_rank.h"

#ifdef __cplusplus
}
#endif
#endif
