/* fastmerge.h - the C ABI of libfastmerge_native.
 *
 * The library computes; it never opens a file, never prints, never aborts, never knows a merge
 * method's name. The caller owns every buffer. Every call that can fail returns an fm_status and
 * fills the caller's fm_error (which may be NULL). All functions may be called from any thread;
 * one handle may be used from many threads at once unless its comment says otherwise.
 *
 * Chapters: status, targets, dtypes, programs, map, reduce, ranks, select, hashing, mapped files; low-rank
 * updates in fastmerge_low_rank.h, devices in fastmerge_devices.h, matrices in fastmerge_matrix.h.
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
  FM_DEVICE_LOST = 75,      /* a device failed; another run may succeed */
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

#include "fastmerge_devices.h"
#include "fastmerge_low_rank.h"

#ifdef __cplusplus
}
#endif

#include "fastmerge_matrix.h"
#endif
