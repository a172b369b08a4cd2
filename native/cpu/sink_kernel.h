// sink_kernel.h - the generated kernel of a program that has sinks instead of an output.
#ifndef FASTMERGE_CPU_SINK_KERNEL_H
#define FASTMERGE_CPU_SINK_KERNEL_H
#include "chunk_walk.h"

namespace fm {

constexpr bool is_sink(uint32_t op) {
  return (op >= FM_OP_REDUCE_SUM && op <= FM_OP_HISTOGRAM) || op == FM_OP_REDUCE_MAX;
}

// Computes a tile of every register that the sinks read; what they do with it is the interpreter's. So the
// kernel knows neither lanes nor windows, and sums are added in the one place that fixes their order.
class SinkKernel {
 public:
  SinkKernel(const fm_program& program, const fm_run& run, const TargetTable& table, const ChunkWalk& walk);

  explicit operator bool() const { return entry_ != nullptr; }
  void plan(Arena& arena) const;
  void take(Arena& arena, const float* uniforms);

  // Where a register that a sink reads is.
  float* tile(uint32_t index, int32_t model) const {
    return tiles_ + (places_[index] + (program_.registers[index].per_model ? model : 0)) * kTile;
  }

  // A tile operation: b: the kernel, c: the offset of the tile in its block.
  static void run(const TileOp& op, int32_t count);

 private:
  template <class Visit>
  void each_sink_register(Visit&& visit) const;
  int32_t input_count() const { return program_.single_inputs + (program_.model_inputs ? run_.models : 0); }

  const fm_program& program_;
  const fm_run& run_;
  const ChunkWalk& walk_;
  const fm_catalogue_entry* entry_ = nullptr;
  int64_t tile_count_ = 0;
  int64_t* places_ = nullptr;  // of each register: its first tile
  float* tiles_ = nullptr;
  const void** inputs_ = nullptr;
  void** outputs_ = nullptr;
  fm_kernel_args args_{};
};

}  // namespace fm
#endif
