#include "api.h"

#include <dlfcn.h>

#include <string>

#include "cpu/failure.h"
#include "devices/library.h"

namespace fm::cuda {
namespace {

struct DriverLibrary {
  Driver driver;
  std::string failure;  // empty: it is open

  DriverLibrary() {
    std::string tried;
    void* handle = devices::open_library("FASTMERGE_CUDA", {"libcuda.so.1"}, tried);
    if (!handle) {
      failure = "no CUDA driver: " + tried;
      return;
    }
#define FM_FIND(name, suffix, ...)                                                         \
  driver.name = reinterpret_cast<decltype(driver.name)>(dlsym(handle, "cu" #name suffix)); \
  if (!driver.name && failure.empty()) failure = "the CUDA driver has no cu" #name suffix;
    FM_CUDA_FUNCTIONS(FM_FIND)
#undef FM_FIND
    if (failure.empty())
      if (const Status status = driver.Init(0))
        failure = "the CUDA driver does not start: cuInit gave " + std::to_string(status);
  }
};

struct CompilerLibrary {
  Compiler compiler;
  std::string failure;

  CompilerLibrary() {
    std::string tried;
    void* handle = devices::open_library(
        "FASTMERGE_NVRTC", {"libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so.11.2", "libnvrtc.so"}, tried);
    if (!handle) {
      failure = "no NVRTC, which compiles kernels: " + tried;
      return;
    }
#define FM_FIND(name, ...)                                                                 \
  compiler.name = reinterpret_cast<decltype(compiler.name)>(dlsym(handle, "nvrtc" #name)); \
  if (!compiler.name && failure.empty()) failure = "NVRTC has no nvrtc" #name;
    FM_NVRTC_FUNCTIONS(FM_FIND)
#undef FM_FIND
  }
};

}  // namespace

const Driver& driver() {
  static const DriverLibrary library;
  if (!library.failure.empty()) refuse(FM_UNSUPPORTED, "%s", library.failure.c_str());
  return library.driver;
}

const Compiler& compiler() {
  static const CompilerLibrary library;
  if (!library.failure.empty()) refuse(FM_UNSUPPORTED, "%s", library.failure.c_str());
  return library.compiler;
}

void check(Status status, const char* what) {
  if (status == kSuccess) return;
  const char* name = nullptr;
  if (driver().GetErrorName(status, &name) != kSuccess || !name) name = "unknown";
  refuse(status == kOutOfMemory ? FM_OUT_OF_MEMORY : FM_DEVICE_LOST, "CUDA: %s gave %d (%s)%s", what, status,
         name, status == kOutOfMemory ? ", no memory on the device" : "");
}

}  // namespace fm::cuda
