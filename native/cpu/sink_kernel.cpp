#include "sink_kernel.h"

#include <algorithm>

#include "targets.h"

namespace fm {
namespace {

const fm_catalogue_entry* kernel_of(const fm_program& program, const fm_run& run, const TargetTable& table) {
  const int32_t models = program.model_inputs ? run.models : 0;
  if (run.flags & FM_FLAG_INTERPRET || program.outputs > 0 || program.single_inputs + models == 0)
    return nullptr;
  if (program.randoms + program.arrays + program.model_arrays > 0) return nullptr;
  const int32_t dtype = program.single_inputs ? run.single_inputs[0].dtype : run.model_inputs[0].dtype;
  const auto is_same = [=](const fm_buffer& b) { return b.dtype == dtype; };
  if (!std::all_of(run.single_inputs, run.single_inputs + program.single_inputs, is_same) ||
      !std::all_of(run.model_inputs, run.model_inputs + models, is_same))
    return nullptr;
  return find_kernel(table, program.hash, run.models, dtype, FM_F32);
}

}  // namespace

SinkKernel::SinkKernel(const fm_program& program, const fm_run& run, const TargetTable& table,
                       const ChunkWalk& walk)
    : program_(program), run_(run), walk_(walk), entry_(kernel_of(program, run, table)) {
  if (entry_ == nullptr) return;
  each_sink_register(
      [&](uint32_t index) { tile_count_ += program.registers[index].per_model ? run.models : 1; });
}

// In the order of the kernel's outputs; a register that several sinks read comes more than once, and counts
// as often in tile_count_, which is room enough.
template <class Visit>
void SinkKernel::each_sink_register(Visit&& visit) const {
  for (const Instruction& i : program_.code) {
    if (!is_sink(i.op)) continue;
    for (const uint32_t word : {i.a, i.b})
      if (word != FM_NO_OPERAND && is_register(word)) visit(operand_index(word));
  }
}

void SinkKernel::plan(Arena& arena) const {
  if (!*this) return;
  arena.plan<int64_t>(static_cast<int64_t>(program_.registers.size()));
  arena.plan<float>(tile_count_ * kTile);
  arena.plan<const void*>(input_count());
  arena.plan<void*>(tile_count_);
  arena.plan<float>(int64_t{entry_->scratch_tiles} * run_.models * FM_TILE);
}

void SinkKernel::take(Arena& arena, const float* uniforms) {
  if (!*this) return;
  const auto registers = static_cast<int64_t>(program_.registers.size());
  places_ = arena.take<int64_t>(registers);
  tiles_ = arena.take<float>(tile_count_ * kTile);
  inputs_ = arena.take<const void*>(input_count());
  outputs_ = arena.take<void*>(tile_count_);
  args_.scratch = arena.take<float>(int64_t{entry_->scratch_tiles} * run_.models * FM_TILE);
  args_.singles = inputs_;
  args_.models = inputs_ + program_.single_inputs;
  args_.outputs = outputs_;
  args_.uniforms = uniforms;
  args_.cuts = walk_.thresholds;
  args_.model_count = run_.models;
  std::fill_n(places_, registers, int64_t{-1});
  int64_t next = 0;
  each_sink_register([&](uint32_t index) {
    if (places_[index] >= 0) return;
    places_[index] = next;
    next += program_.registers[index].per_model ? run_.models : 1;
  });
  for (int64_t t = 0; t < tile_count_; ++t) outputs_[t] = tiles_ + t * kTile;
}

void SinkKernel::run(const TileOp& op, int32_t count) {
  const auto& kernel = *static_cast<const SinkKernel*>(op.b);
  const int64_t offset = *static_cast<const int64_t*>(op.c);
  const bool has_single = kernel.program_.single_inputs > 0;
  const fm_buffer& any = has_single ? kernel.run_.single_inputs[0] : kernel.run_.model_inputs[0];
  const int64_t bytes = offset * size_of(any.dtype);
  for (int32_t i = 0; i < kernel.input_count(); ++i)
    kernel.inputs_[i] = static_cast<const char*>(kernel.walk_.inputs[i]) + bytes;
  kernel.entry_->run(&kernel.args_, count);
}

}  // namespace fm
