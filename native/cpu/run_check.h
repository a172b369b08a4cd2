// run_check.h - checks of the caller's fm_run.
#ifndef FASTMERGE_CPU_RUN_CHECK_H
#define FASTMERGE_CPU_RUN_CHECK_H
#include "program.h"

namespace fm {

enum class Pass { kMap, kReduce, kColumns, kHistogram };

constexpr int64_t size_of(int32_t dtype) {
  constexpr int64_t kSizes[FM_DTYPE_COUNT] = {4, 2, 2, 8, 1, 1};
  return kSizes[dtype];
}

// Checks everything a pass goes by, so that the passes themselves need no checks.
fm_status check_run(const fm_program* program, const fm_run* run, Pass pass, fm_error* error);

}  // namespace fm
#endif
