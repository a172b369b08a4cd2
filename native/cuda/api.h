// api.h - the functions of the CUDA driver and of NVRTC that are used, found in the system's libraries when
// first asked for. No CUDA header is needed.
#ifndef FASTMERGE_CUDA_API_H
#define FASTMERGE_CUDA_API_H
#include <cstddef>
#include <cstdint>

namespace fm::cuda {

using Status = int32_t;  // CUresult, nvrtcResult; 0 is success
using Device = int32_t;
using Address = uint64_t;  // device memory
using Handle = struct Opaque*;

enum : Status { kSuccess = 0, kOutOfMemory = 2 };
enum : int32_t { kMultiprocessors = 16, kMajor = 75, kMinor = 76 };
enum : unsigned { kNonBlocking = 1 };

// name, the symbol's suffix, parameters.
#define FM_CUDA_FUNCTIONS(X)                                                                                \
  X(Init, "", unsigned)                                                                                     \
  X(DriverGetVersion, "", int32_t*)                                                                         \
  X(DeviceGetCount, "", int32_t*)                                                                           \
  X(DeviceGet, "", Device*, int32_t)                                                                        \
  X(DeviceGetName, "", char*, int32_t, Device)                                                              \
  X(DeviceTotalMem, "_v2", size_t*, Device)                                                                 \
  X(DeviceGetAttribute, "", int32_t*, int32_t, Device)                                                      \
  X(DevicePrimaryCtxRetain, "", Handle*, Device)                                                            \
  X(DevicePrimaryCtxRelease, "_v2", Device)                                                                 \
  X(CtxSetCurrent, "", Handle)                                                                              \
  X(ModuleLoadData, "", Handle*, const void*)                                                               \
  X(ModuleUnload, "", Handle)                                                                               \
  X(ModuleGetFunction, "", Handle*, Handle, const char*)                                                    \
  X(MemAlloc, "_v2", Address*, size_t)                                                                      \
  X(MemFree, "_v2", Address)                                                                                \
  X(MemHostAlloc, "", void**, size_t, unsigned)                                                             \
  X(MemFreeHost, "", void*)                                                                                 \
  X(StreamCreate, "", Handle*, unsigned)                                                                    \
  X(StreamDestroy, "_v2", Handle)                                                                           \
  X(StreamSynchronize, "", Handle)                                                                          \
  X(MemcpyHtoDAsync, "_v2", Address, const void*, size_t, Handle)                                           \
  X(MemcpyDtoHAsync, "_v2", void*, Address, size_t, Handle)                                                 \
  X(MemsetD32Async, "", Address, unsigned, size_t, Handle)                                                  \
  X(LaunchKernel, "", Handle, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, Handle, \
    void**, void**)                                                                                         \
  X(GetErrorName, "", Status, const char**)

#define FM_NVRTC_FUNCTIONS(X)                                                                      \
  X(CreateProgram, Handle*, const char*, const char*, int, const char* const*, const char* const*) \
  X(CompileProgram, Handle, int, const char* const*)                                               \
  X(GetPTXSize, Handle, size_t*)                                                                   \
  X(GetPTX, Handle, char*)                                                                         \
  X(GetProgramLogSize, Handle, size_t*)                                                            \
  X(GetProgramLog, Handle, char*)                                                                  \
  X(DestroyProgram, Handle*)

struct Driver {
#define FM_DECLARE(name, suffix, ...) Status (*name)(__VA_ARGS__) = nullptr;
  FM_CUDA_FUNCTIONS(FM_DECLARE)
#undef FM_DECLARE
};

struct Compiler {
#define FM_DECLARE(name, ...) Status (*name)(__VA_ARGS__) = nullptr;
  FM_NVRTC_FUNCTIONS(FM_DECLARE)
#undef FM_DECLARE
};

// They throw a Failure, FM_UNSUPPORTED, if there is no such library. FASTMERGE_CUDA and FASTMERGE_NVRTC name
// files.
const Driver& driver();
const Compiler& compiler();

// Throws a Failure if a call of the driver did not succeed.
void check(Status status, const char* what);

}  // namespace fm::cuda
#endif
