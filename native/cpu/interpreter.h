// interpreter.h - runs a program tile by tile: its loops unrolled for K models into one list of operations.
#ifndef FASTMERGE_CPU_INTERPRETER_H
#define FASTMERGE_CPU_INTERPRETER_H
#include "chunk_walk.h"
#include "sink_kernel.h"
#include "tile_sink.h"

namespace fm {

class Interpreter {
 public:
  Interpreter(const fm_program& program, const fm_run& run, Pass pass, const TargetTable& table,
              const ChunkWalk& walk, TileSink* sink = nullptr);

  void plan(Arena& arena) const;
  void take(Arena& arena);

  // Makes the list; after take, and after the walk's take.
  void prepare();

  // Runs the block that the walk stands at.
  void run_block(int32_t count);

  // Where reductions are added: 16 lanes for each value. The lane of a block's element 0 is the lane given.
  double* lanes = nullptr;
  int64_t lane = 0;

  // Where reductions by column are added: run.row_length numbers for each value.
  double* columns = nullptr;

 private:
  struct Stream {  // a buffer that tiles go through
    const void* const* place;
    int64_t size;
  };
  struct Position {  // in the next tile
    int64_t stream, byte;
  };
  struct SinkCall {
    TileSink* sink;
    const int64_t* first;
  };

  static void call_sink(const TileOp& op, int32_t count);
  int64_t operation_limit() const;
  void add_loop(size_t begin, size_t end);
  void add(const Instruction& i, bool in_loop, int32_t model);
  void add_load(const Instruction& i, int32_t input, int32_t model);
  void add_keep(const Instruction& i, TileOp& op, bool in_loop, int32_t model);
  void add_reduce(const Instruction& i, bool in_loop, int32_t model);
  void add_histogram(const Instruction& i, bool in_loop, int32_t model);
  void add_streams();
  void prefetch(Position& position) const;
  int64_t stream_limit() const { return int64_t{program_.single_inputs} + models_ + program_.outputs; }
  void add_fold(const Instruction& i, int32_t model);
  void add_column_reduce(const Instruction& i, bool in_loop, int32_t model);
  void push_column(TileFunction run, const float* a, const float* b, int64_t value);
  int64_t values_before(int32_t sink) const;
  TileOp& push(const Instruction& i, int32_t model);
  const void* operand(uint32_t word, int32_t model) const;
  float* tile(uint32_t index, int32_t model) const;
  static bool is_tile(uint32_t word) {
    return word != FM_NO_OPERAND && operand_kind(word) == FM_OPERAND_REGISTER;
  }

  const fm_program& program_;
  const fm_run& run_;
  const Pass pass_;
  const TargetTable& table_;
  const ChunkWalk& walk_;
  const int32_t models_;
  SinkKernel kernel_;
  TileOp* operations_ = nullptr;
  int64_t count_ = 0;
  float* tiles_ = nullptr;         // [tile slots]
  float* arrays_ = nullptr;        // [array slots][models]
  const float** grams_ = nullptr;  // the tiles of each Gram sink
  float* uniforms_ = nullptr;
  Stream* streams_ = nullptr;
  int64_t stream_count_ = 0, lines_per_operation_ = 0;
  int64_t offset_ = 0;  // of the tile in its block
  int64_t tile_lane_ = 0;
  int64_t tile_first_ = 0;  // tensor index of the tile
  int64_t tile_column_ = 0;
  SinkCall sink_call_;
};

}  // namespace fm
#endif
