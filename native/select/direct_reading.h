// direct_reading.h - the readings of the plainest programs, without the interpreter.
#ifndef FASTMERGE_SELECT_DIRECT_READING_H
#define FASTMERGE_SELECT_DIRECT_READING_H
#include "cpu/tile_sink.h"

namespace fm {

// What becomes of NaN: as run_histograms has it, or any NaN for a NaN.
enum class NanBits { canonical, any };

// As run_histograms, and the same values: |single|, |model| and |model - single| are read, decoded and
// looked over for NaN and Inf in one go where all inputs are F32, BF16 or F16; whatever else is in a program
// or an input goes through run_histograms.
fm_status read_magnitudes(const fm_program& program, fm_run& run, TileSink& sink, NanBits nan,
                          fm_error* error);

}  // namespace fm
#endif
