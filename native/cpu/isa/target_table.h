// target_table.h - what one instruction-set level offers. The files of this folder are compiled once for
// each level; they include no C++ library headers, whose inline functions the linker would share between
// levels, and export nothing but their table.
#ifndef FASTMERGE_CPU_ISA_TARGET_TABLE_H
#define FASTMERGE_CPU_ISA_TARGET_TABLE_H
#include "catalogue_types.h"
#include "fastmerge.h"

namespace fm {

constexpr int32_t kTile = 512;        // elements the interpreter works on at once
constexpr int32_t kLanes = 16;        // of the reduction tree
constexpr int32_t kRandomBlock = 64;  // elements that 16 Philox counters decide
constexpr int32_t kOperationCount = 80;

// What the interpreter does in one go instead of two or three operations; see fuse_instructions. The same
// operations in the same order with the same roundings.
enum FusedOperation : uint32_t {
  kLoadSubtract = 70,         // model input - b
  kKeepLargestMultiply = 71,  // KEEP_LARGEST of a, times d
  kKeepBandMultiply = 72,
  kRandomKeepMultiply = 73,
  kAgreesSelectSum = 74,  // SUM_MODELS of SELECT(AGREES(a, b), c, d)
  kMultiplySum = 75,      // SUM_MODELS of a * b
  kMultiplyAdd = 76       // a * b + c, two roundings
};

struct TileOp;
using TileFunction = void (*)(const TileOp& op, int32_t count);

// One operation on a tile. A value operand is a tile or, where the function was chosen so, one float.
struct TileOp {
  TileFunction run;
  void* destination;
  const void* a;
  const void* b;
  const void* c;
  const void* d;
  int64_t number;
};

// A range of magnitudes whose elements a selection counts cell by cell. span and hot are relative to first;
// the magnitude `hot`, of which there are many, is counted apart.
constexpr int32_t kWindowShift = 12, kWindowCell = 1 << kWindowShift, kWindowCells = 4096;
constexpr fm_u32 kNotHot = 0x80000000u;  // the distance of no magnitude
struct MagnitudeWindow {
  fm_u32 first;
  fm_u32 span;  // of the last one
  fm_u32 hot;
};

// What a tile has of a window: the cells of its members but for the hot ones, and how many elements are hot
// or above the window. A member counts in the second kWindowCells cells if it is not the first of its cell.
struct WindowMembers {
  fm_u32* cells;  // room for as many as the tile has, and 16 more
  int32_t count;
  fm_u32 hot;
  fm_u32 above;
};

// Step `index` of sweep `sweep` when bulges are chased down a symmetric band matrix: element (i, j), i >= j,
// is at (i - j) + j * leading, with room for 2 bandwidth - 1 below the diagonal.
struct BandStep {
  int64_t n, leading, sweep, index;
  int32_t bandwidth;  // 2 to 128
};

// A few neighbouring rows of a low-rank update in a tile of columns.
constexpr int32_t kUpdateColumns = 64, kUpdateRows = 4;
struct UpdateTile {
  const float* left;   // of the first row
  const float* right;  // of the tile's first column
  int64_t rank;
  int64_t right_stride;
  float scale;
  // Of each row, the tile's columns [begin, end) that are wanted and where the first of them is.
  float* output[kUpdateRows];
  int32_t begin[kUpdateRows];
  int32_t end[kUpdateRows];
};

struct TargetTable {
  const char* name;

  // By operation, and for each operand a bit that says it is a tile (1 a, 2 b, 4 c). Operations read
  //   KEEP_LARGEST, KEEP_BAND   b: the threshold(s);  RANDOM_KEEP  b: place of the mask's address, c: offset
  //   fused with a multiplication  d: the factor
  // where a "place" is a pointer to the address of element 0, and offset points to the element to start at.
  //   LOAD_ARRAY  a: place of the array's address, c: offset
  //   LARGEST_MODELS, MAX_MODELS  a: the fold so far, b: a model's value
  // REDUCE_* add to destination, 16 lanes a value; c points to the lane of the first element, and GRAM has
  // an array of `number` tiles in a. Fused sums start the sum where `number` is 0, the model.
  TileFunction operations[kOperationCount][8];
  // Of reductions by column: destination: place of column 0's value, c: the column of the first element.
  TileFunction column_sum, column_absolute, column_dot, column_maximum;
  TileFunction load[FM_DTYPE_COUNT];           // a: place of the input, c: offset
  TileFunction load_subtract[FM_DTYPE_COUNT];  // the same; b: tile
  TileFunction store[FM_DTYPE_COUNT];          // a: tile; destination: place of the output, c: offset
  TileFunction round_to[FM_DTYPE_COUNT][2];    // by whether a is a tile

  int64_t (*count_nonfinite[FM_DTYPE_COUNT])(const void* data, int64_t count);
  // Copies with one canonical NaN, or with NaN and Inf replaced by zero.
  void (*sanitise[FM_DTYPE_COUNT])(const void* from, void* to, int64_t count, bool zero);
  // 0 or 0xffffffff for each of the elements of `blocks` blocks of 64, from block number `first`.
  void (*random_masks)(const fm_random& random, uint64_t first, int64_t blocks, uint32_t* masks);
  // The words themselves.
  void (*random_words)(const fm_random& random, uint64_t first, int64_t blocks, uint32_t* words);
  void (*window_members)(const float* values, int32_t count, const MagnitudeWindow& window,
                         WindowMembers& members);
  // Makes the step's reflector, I - tau v v^T, from the sweep's ones before it, and applies it; tau and v_1
  // ... are put after those.
  void (*band_step_f32)(const BandStep& step, float* band, float* reflectors);
  void (*band_step_f64)(const BandStep& step, double* band, double* reflectors);

  // output += scale * left right, for four rows and for one.
  void (*add_products[2])(const UpdateTile& tile);
  double (*sum_of_squares)(const float* values, int64_t count);
  void (*scale_by)(float* values, int64_t count, float factor);

  CataloguePart catalogue[FM_CATALOGUE_PARTS];
};

}  // namespace fm
#endif
