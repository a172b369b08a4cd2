#include "library.h"

#include <dlfcn.h>

#include <cstdlib>

namespace fm::devices {

void* open_library(const char* variable, std::initializer_list<const char*> names, std::string& tried) {
  const char* forced = std::getenv(variable);
  const auto open = [&](const char* file) {
    void* handle = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    const char* reason = handle ? nullptr : dlerror();
    if (!handle) tried += (tried.empty() ? "" : "; ") + std::string(reason ? reason : file);
    return handle;
  };
  if (forced && *forced) return open(forced);
  for (const char* name : names)
    if (void* handle = open(name)) return handle;
  return nullptr;
}

}  // namespace fm::devices
