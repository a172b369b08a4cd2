// map.cpp - runs programs that have outputs: by a generated kernel, else in the interpreter.
#include <algorithm>
#include <cstring>

#include "../memory/guard.h"
#include "errors.h"
#include "interpreter.h"
#include "targets.h"

namespace fm {
namespace {

const fm_catalogue_entry* kernel_for(const fm_program& program, const fm_run& run, const TargetTable& table) {
  const int32_t models = program.model_inputs ? run.models : 0;
  if (run.flags & FM_FLAG_INTERPRET) return nullptr;
  const int32_t output = run.outputs[0].dtype;
  // A program of arrays alone reads nothing that a dtype matters to.
  const int32_t input = program.single_inputs ? run.single_inputs[0].dtype
                        : models              ? run.model_inputs[0].dtype
                                              : output;
  const auto all = [](const fm_buffer* buffers, int32_t count, int32_t dtype) {
    return std::all_of(buffers, buffers + count, [=](const fm_buffer& b) { return b.dtype == dtype; });
  };
  if (!all(run.single_inputs, program.single_inputs, input) || !all(run.model_inputs, models, input) ||
      !all(run.outputs, program.outputs, output))
    return nullptr;
  return find_kernel(table, program.hash, run.models, input, output);
}

fm_status no_memory(fm_error* error) {
  return fail(error, FM_OUT_OF_MEMORY, "map: no memory for the scratch");
}

fm_status run_kernel(const fm_program& program, fm_run& run, const TargetTable& table,
                     const fm_catalogue_entry& entry, fm_error* error) {
  ChunkWalk walk(program, run, Pass::kMap, table);
  Arena arena;
  walk.plan(arena);
  const int64_t scratch = int64_t{entry.scratch_tiles} * run.models * FM_TILE;
  arena.plan<float>(scratch);
  if (!arena.allocate()) return no_memory(error);
  walk.take(arena);
  fm_kernel_args args{};
  args.singles = walk.inputs;
  args.models = walk.inputs + program.single_inputs;
  args.outputs = walk.outputs;
  args.cuts = walk.thresholds;
  args.masks = walk.masks;
  args.arrays = walk.arrays;
  args.scratch = arena.take<float>(scratch);
  args.model_count = run.models;
  return guarded(
      [&] {
        walk.over(0, run.element_count, [&](int32_t count) {
          args.uniforms = walk.uniforms;
          entry.run(&args, count);
        });
      },
      error);
}

fm_status run_interpreter(const fm_program& program, fm_run& run, const TargetTable& table, fm_error* error) {
  ChunkWalk walk(program, run, Pass::kMap, table);
  Interpreter interpreter(program, run, Pass::kMap, table, walk);
  Arena arena;
  walk.plan(arena);
  interpreter.plan(arena);
  if (!arena.allocate()) return no_memory(error);
  walk.take(arena);
  interpreter.take(arena);
  interpreter.prepare();
  return guarded(
      [&] { walk.over(0, run.element_count, [&](int32_t count) { interpreter.run_block(count); }); }, error);
}

}  // namespace
}  // namespace fm

extern "C" {

fm_status fm_map_run(const fm_program* program, fm_run* run, fm_error* error) {
  if (const fm_status status = fm::check_run(program, run, fm::Pass::kMap, error)) return status;
  const fm::TargetTable* table;
  if (const fm_status status = fm::current_target(&table, error)) return status;
  const fm_catalogue_entry* entry = fm::kernel_for(*program, *run, *table);
  return entry ? fm::run_kernel(*program, *run, *table, *entry, error)
               : fm::run_interpreter(*program, *run, *table, error);
}

fm_status fm_map_is_generated(const fm_program* program, const fm_run* run, int32_t* generated,
                              fm_error* error) {
  if (!generated) return fm::fail(error, FM_INVALID_ARGUMENT, "map: no place for the answer");
  if (const fm_status status = fm::check_run(program, run, fm::Pass::kMap, error)) return status;
  const fm::TargetTable* table;
  if (const fm_status status = fm::current_target(&table, error)) return status;
  *generated = fm::kernel_for(*program, *run, *table) != nullptr;
  return fm::succeed(error);
}

}  // extern "C"
