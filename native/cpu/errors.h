// errors.h - filling the caller's fm_error.
#ifndef FASTMERGE_CPU_ERRORS_H
#define FASTMERGE_CPU_ERRORS_H
#include "fastmerge.h"

namespace fm {

// Writes a one-line description (printf-style) into error, which may be null, and returns status.
[[gnu::format(printf, 3, 4)]] fm_status fail(fm_error* error, fm_status status, const char* format, ...);

// Clears error and returns FM_OK.
fm_status succeed(fm_error* error);

}  // namespace fm
#endif
