// failure.h - fills the caller's fm_error. Statuses are returned, never thrown, across the ABI.
#ifndef FM_MEMORY_FAILURE_H
#define FM_MEMORY_FAILURE_H
#include "fastmerge.h"

namespace fm {

/// Writes one line (cut to what fits) into error, which may be null, and returns status.
__attribute__((format(printf, 3, 4))) fm_status fail(fm_error* error, fm_status status, const char* format, ...);

}  // namespace fm
#endif
