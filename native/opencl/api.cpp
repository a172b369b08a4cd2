#include "api.h"

#include <dlfcn.h>

#include <string>

#include "cpu/failure.h"
#include "devices/library.h"

namespace fm::opencl {
namespace {

struct Library {
  Api api;
  std::string failure;  // empty: it is open

  Library() {
    std::string tried;
    void* handle = devices::open_library("FASTMERGE_OPENCL", {"libOpenCL.so.1"}, tried);
    if (!handle) {
      failure = "no OpenCL library: " + tried;
      return;
    }
#define FM_FIND(name, ...)                                                    \
  api.name = reinterpret_cast<decltype(api.name)>(dlsym(handle, "cl" #name)); \
  if (!api.name && failure.empty()) failure = "the OpenCL library has no cl" #name;
    FM_OPENCL_FUNCTIONS(FM_FIND)
#undef FM_FIND
  }
};

}  // namespace

const Api& api() {
  static const Library library;
  if (!library.failure.empty()) refuse(FM_UNSUPPORTED, "%s", library.failure.c_str());
  return library.api;
}

void check(Int status, const char* what) {
  if (status == kSuccess) return;
  const bool is_memory = status == kAllocationFailure || status == kOutOfHostMemory ||
                         status == kOutOfResources || status == kInvalidBufferSize;
  refuse(is_memory ? FM_OUT_OF_MEMORY : FM_DEVICE_LOST, "OpenCL: %s gave %d%s", what, status,
         is_memory ? ", no memory on the device" : "");
}

}  // namespace fm::opencl
