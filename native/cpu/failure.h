// failure.h - how the code of matrices and devices reports: an exception with a status and a line, made the
// caller's fm_error at the boundary.
#ifndef FASTMERGE_CPU_FAILURE_H
#define FASTMERGE_CPU_FAILURE_H
#include <cstdarg>
#include <cstdio>
#include <new>

#include "errors.h"

namespace fm {

struct Failure {
  fm_status status;
  char text[sizeof(fm_error::text)];
};

// Throws a Failure; the text is printf-style.
[[noreturn, gnu::format(printf, 2, 3)]] inline void refuse(fm_status status, const char* format, ...) {
  Failure failure{status, {}};
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(failure.text, sizeof failure.text, format, arguments);
  va_end(arguments);
  throw failure;
}

// Runs the body of an ABI function; name stands in the text of what is not a Failure.
template <class Body>
fm_status guarded_call(const char* name, fm_error* error, const Body& body) {
  try {
    body();
    return succeed(error);
  } catch (const Failure& failure) {
    return fail(error, failure.status, "%s", failure.text);
  } catch (const std::bad_alloc&) {
    return fail(error, FM_OUT_OF_MEMORY, "%s: no memory", name);
  } catch (...) {
    return fail(error, FM_INTERNAL, "%s: unexpected exception", name);
  }
}

}  // namespace fm
#endif
