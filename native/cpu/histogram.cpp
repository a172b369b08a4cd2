// histogram.cpp - runs a program's tiles and hands its histogram values to a sink.
#include "../memory/guard.h"
#include "errors.h"
#include "interpreter.h"
#include "targets.h"
#include "tile_sink.h"

namespace fm {

fm_status run_histograms(const fm_program& program, fm_run& run, TileSink& sink, fm_error* error) {
  fm_status status = check_run(&program, &run, Pass::kHistogram, error);
  const TargetTable* table;
  if (!status) status = current_target(&table, error);
  if (status) return status;
  ChunkWalk walk(program, run, Pass::kHistogram, *table);
  Interpreter interpreter(program, run, Pass::kHistogram, *table, walk, &sink);
  Arena arena;
  walk.plan(arena);
  interpreter.plan(arena);
  if (!arena.allocate()) return fail(error, FM_OUT_OF_MEMORY, "histogram: no memory for the scratch");
  walk.take(arena);
  interpreter.take(arena);
  interpreter.prepare();
  return guarded(
      [&] { walk.over_clean(0, run.element_count, [&](int32_t count) { interpreter.run_block(count); }); },
      error);
}

}  // namespace fm
