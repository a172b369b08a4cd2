#include "failure.h"

#include <cstdarg>
#include <cstdio>

namespace fm {

fm_status fail(fm_error* error, fm_status status, const char* format, ...) {
  if (error == nullptr) return status;
  error->status = status;
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(error->text, sizeof error->text, format, arguments);
  va_end(arguments);
  return status;
}

}  // namespace fm
