// api.h - the functions of OpenCL 1.2 that are used, found in the system's library when first asked for.
#ifndef FASTMERGE_OPENCL_API_H
#define FASTMERGE_OPENCL_API_H
#include <cstddef>
#include <cstdint>

namespace fm::opencl {

using Handle = struct Opaque*;  // platforms, devices, contexts, queues, buffers, programs, kernels, events
using Int = int32_t;
using UInt = uint32_t;
using Bits = uint64_t;

enum : Int {
  kSuccess = 0,
  kDeviceNotFound = -1,
  kAllocationFailure = -4,
  kOutOfResources = -5,
  kOutOfHostMemory = -6,
  kInvalidBufferSize = -61,
  kPlatformNotFound = -1001,
};
enum : UInt {
  kPlatformName = 0x0902,
  kDeviceType = 0x1000,
  kDeviceUnits = 0x1002,
  kDeviceLargestBuffer = 0x1010,
  kDeviceSingle = 0x101B,
  kDeviceMemory = 0x101F,
  kDeviceLittleEndian = 0x1026,
  kDeviceAvailable = 0x1027,
  kDeviceCompiler = 0x1028,
  kDeviceName = 0x102B,
  kDriverVersion = 0x102D,
  kDeviceVersion = 0x102F,
  kDeviceDouble = 0x1032,
  kBuildLog = 0x1183,
};
enum : Bits {
  kTypeGpu = 1 << 2,
  kTypeAll = 0xFFFFFFFF,
  kDenormals = 1 << 0,
  kInfAndNan = 1 << 1,
  kRoundToNearest = 1 << 2,
  kRoundedDivide = 1 << 7,
  kReadWrite = 1 << 0,
  kHostMemory = 1 << 4,
  kMapRead = 1 << 0,
  kMapWrite = 1 << 1,
};

// name, result and parameters of each function.
#define FM_OPENCL_FUNCTIONS(X)                                                                               \
  X(GetPlatformIDs, Int, UInt, Handle*, UInt*)                                                               \
  X(GetPlatformInfo, Int, Handle, UInt, size_t, void*, size_t*)                                              \
  X(GetDeviceIDs, Int, Handle, Bits, UInt, Handle*, UInt*)                                                   \
  X(GetDeviceInfo, Int, Handle, UInt, size_t, void*, size_t*)                                                \
  X(CreateContext, Handle, const intptr_t*, UInt, const Handle*,                                             \
    void (*)(const char*, const void*, size_t, void*), void*, Int*)                                          \
  X(ReleaseContext, Int, Handle)                                                                             \
  X(CreateCommandQueue, Handle, Handle, Handle, Bits, Int*)                                                  \
  X(ReleaseCommandQueue, Int, Handle)                                                                        \
  X(CreateProgramWithSource, Handle, Handle, UInt, const char**, const size_t*, Int*)                        \
  X(BuildProgram, Int, Handle, UInt, const Handle*, const char*, void (*)(Handle, void*), void*)             \
  X(GetProgramBuildInfo, Int, Handle, Handle, UInt, size_t, void*, size_t*)                                  \
  X(ReleaseProgram, Int, Handle)                                                                             \
  X(CreateKernel, Handle, Handle, const char*, Int*)                                                         \
  X(ReleaseKernel, Int, Handle)                                                                              \
  X(SetKernelArg, Int, Handle, UInt, size_t, const void*)                                                    \
  X(CreateBuffer, Handle, Handle, Bits, size_t, void*, Int*)                                                 \
  X(ReleaseMemObject, Int, Handle)                                                                           \
  X(EnqueueMapBuffer, void*, Handle, Handle, UInt, Bits, size_t, size_t, UInt, const Handle*, Handle*, Int*) \
  X(EnqueueUnmapMemObject, Int, Handle, Handle, void*, UInt, const Handle*, Handle*)                         \
  X(EnqueueWriteBuffer, Int, Handle, Handle, UInt, size_t, size_t, const void*, UInt, const Handle*,         \
    Handle*)                                                                                                 \
  X(EnqueueReadBuffer, Int, Handle, Handle, UInt, size_t, size_t, void*, UInt, const Handle*, Handle*)       \
  X(EnqueueNDRangeKernel, Int, Handle, Handle, UInt, const size_t*, const size_t*, const size_t*, UInt,      \
    const Handle*, Handle*)                                                                                  \
  X(Finish, Int, Handle)

struct Api {
#define FM_DECLARE(name, result, ...) result (*name)(__VA_ARGS__) = nullptr;
  FM_OPENCL_FUNCTIONS(FM_DECLARE)
#undef FM_DECLARE
};

// Throws a Failure, FM_UNSUPPORTED, if there is no such library. FASTMERGE_OPENCL names its file.
const Api& api();

// Throws a Failure if a call did not succeed.
void check(Int status, const char* what);

}  // namespace fm::opencl
#endif
