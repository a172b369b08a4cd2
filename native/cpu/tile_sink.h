// tile_sink.h - where the values of a program's histogram sinks go.
#ifndef FASTMERGE_CPU_TILE_SINK_H
#define FASTMERGE_CPU_TILE_SINK_H
#include "fastmerge.h"

namespace fm {

// Receives the values whose magnitudes are to be ranked, tile by tile in index order. NaN values have the
// magnitude bits 0x7fc00000 whatever the input's payload was. take runs under the fault guard: it may be
// left in its middle, so it holds no lock and owns nothing.
struct TileSink {
  // entry: sink number * K + model. first_element: tensor index of values[0]. count: at most a tile.
  virtual void take(int32_t entry, int64_t first_element, const float* values, int32_t count) = 0;

 protected:
  ~TileSink() = default;
};

// Runs the program over the chunk and hands each histogram sink's values to the sink.
fm_status run_histograms(const fm_program& program, fm_run& run, TileSink& sink, fm_error* error);

}  // namespace fm
#endif
