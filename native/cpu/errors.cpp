#include "errors.h"

#include <cstdarg>
#include <cstdio>

namespace fm {

fm_status fail(fm_error* error, fm_status status, const char* format, ...) {
  if (error) {
    error->status = status;
    va_list arguments;
    va_start(arguments, format);
    std::vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
  }
  return status;
}

fm_status succeed(fm_error* error) {
  if (error) {
    error->status = FM_OK;
    error->text[0] = '\0';
  }
  return FM_OK;
}

}  // namespace fm
