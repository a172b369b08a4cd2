// mock_cuda.cpp - a CUDA driver and an NVRTC for machines without a GPU, in one library. Device memory is
// memory of the host, filled with rubbish; a kernel is compiled by g++ and run one thread after the other. So
// the text of kernels and all that the host does with it are tested, not their speed. FM_MOCK_CUDA_FAIL=N
// makes the N-th call that can fail give an error (out of memory where memory is taken),
// FM_MOCK_CUDA_LOG=FILE counts calls into a file.
#include <dlfcn.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <mutex>
#include <string>

namespace {

constexpr const char* kHost = R"(
#define __CUDACC__
#define __global__
#define __device__
#define __forceinline__ inline __attribute__((always_inline))
struct fm_dim { unsigned x; };
extern "C" { fm_dim blockIdx, blockDim, threadIdx; }
#define __uint_as_float(u) __builtin_bit_cast(float, (unsigned)(u))
#define __float_as_uint(f) __builtin_bit_cast(unsigned, (float)(f))
#define __longlong_as_double(u) __builtin_bit_cast(double, (long long)(u))
#define __double_as_longlong(f) __builtin_bit_cast(long long, (double)(f))
#define __fsqrt_rn(x) __builtin_sqrtf(x)
#define __umulhi(a, b) ((unsigned)(((unsigned long long)(a) * (b)) >> 32))
#define atomicAdd(p, n) (*(p) += (n))
)";

std::atomic<int> calls{0};

int32_t fails(int32_t how) {
  const char* at = std::getenv("FM_MOCK_CUDA_FAIL");
  return ++calls == (at ? std::atoi(at) : 0) ? how : 0;
}

struct Program {
  std::string source, file;
};

std::string folder() {
  static const std::string path = [] {
    char name[] = "/tmp/fm-mock-cuda-XXXXXX";
    return std::string(mkdtemp(name));
  }();
  return path;
}

struct Dim {
  unsigned x;
};
using Kernel = void (*)(void*, void*, void*, void*, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t,
                        int64_t, int64_t, uint32_t);
struct Function {
  Kernel kernel;
  Dim *block, *size, *thread;
  std::mutex gate;
};

}  // namespace

#define FM_MOCK extern "C" __attribute__((visibility("default"))) int32_t

extern "C" __attribute__((visibility("default"))) int fm_mock_cuda_calls(int reset) {
  const int made = calls;
  if (reset) calls = 0;
  return made;
}

FM_MOCK cuInit(unsigned) { return 0; }
FM_MOCK cuDriverGetVersion(int32_t* v) { return *v = 12080, 0; }
FM_MOCK cuDeviceGetCount(int32_t* n) { return *n = 2, 0; }
FM_MOCK cuDeviceGet(int32_t* device, int32_t index) { return *device = index, 0; }
FM_MOCK cuDeviceGetName(char* name, int32_t capacity, int32_t device) {
  std::snprintf(name, static_cast<size_t>(capacity), "mock %d", device);
  return 0;
}
FM_MOCK cuDeviceTotalMem_v2(size_t* bytes, int32_t) { return *bytes = size_t{1} << 33, 0; }
// The second device is too old.
FM_MOCK cuDeviceGetAttribute(int32_t* value, int32_t what, int32_t device) {
  return *value = what == 16 ? 4 : what == 75 ? (device ? 5 : 8) : 0, 0;
}
FM_MOCK cuDevicePrimaryCtxRetain(void** context, int32_t) {
  *context = &calls;
  return fails(2);
}
FM_MOCK cuDevicePrimaryCtxRelease_v2(int32_t) { return 0; }
FM_MOCK cuCtxSetCurrent(void*) { return fails(700); }
FM_MOCK cuModuleLoadData(void** module, const void* image) {
  if (const int32_t failed = fails(218)) return failed;
  *module = dlopen(static_cast<const char*>(image), RTLD_NOW | RTLD_LOCAL);
  return *module ? 0 : 218;
}
FM_MOCK cuModuleUnload(void*) { return 0; }
FM_MOCK cuModuleGetFunction(void** function, void* module, const char* name) {
  if (const int32_t failed = fails(500)) return failed;
  const auto find = [&](const char* symbol) { return dlsym(module, symbol); };
  auto* made = new Function{reinterpret_cast<Kernel>(find(name)),
                            static_cast<Dim*>(find("blockIdx")),
                            static_cast<Dim*>(find("blockDim")),
                            static_cast<Dim*>(find("threadIdx")),
                            {}};
  *function = made;
  return made->kernel ? 0 : 500;
}
FM_MOCK cuMemAlloc_v2(uint64_t* address, size_t bytes) {
  if (const int32_t failed = fails(2)) return failed;
  void* memory = std::malloc(bytes);
  std::memset(memory, 0xcd, bytes);
  *address = reinterpret_cast<uint64_t>(memory);
  return 0;
}
FM_MOCK cuMemFree_v2(uint64_t address) { return std::free(reinterpret_cast<void*>(address)), 0; }
FM_MOCK cuMemHostAlloc(void** memory, size_t bytes, unsigned) {
  if (const int32_t failed = fails(2)) return failed;
  return *memory = std::malloc(bytes), 0;
}
FM_MOCK cuMemFreeHost(void* memory) { return std::free(memory), 0; }
FM_MOCK cuStreamCreate(void** stream, unsigned) {
  *stream = &calls;
  return fails(2);
}
FM_MOCK cuStreamDestroy_v2(void*) { return 0; }
FM_MOCK cuStreamSynchronize(void*) { return fails(700); }
FM_MOCK cuMemcpyHtoDAsync_v2(uint64_t to, const void* from, size_t bytes, void*) {
  std::memcpy(reinterpret_cast<void*>(to), from, bytes);
  return fails(700);
}
FM_MOCK cuMemcpyDtoHAsync_v2(void* to, uint64_t from, size_t bytes, void*) {
  std::memcpy(to, reinterpret_cast<void*>(from), bytes);
  return fails(700);
}
FM_MOCK cuMemsetD32Async(uint64_t to, unsigned value, size_t count, void*) {
  for (size_t i = 0; i < count; ++i) reinterpret_cast<uint32_t*>(to)[i] = value;
  return fails(700);
}
FM_MOCK cuLaunchKernel(void* function, unsigned blocks, unsigned, unsigned, unsigned size, unsigned, unsigned,
                       unsigned, void*, void** a, void**) {
  if (const int32_t failed = fails(719)) return failed;
  auto& f = *static_cast<Function*>(function);
  const std::lock_guard lock(f.gate);
  f.size->x = size;
  const auto pointer = [&](int i) { return *static_cast<void**>(a[i]); };
  const auto number = [&](int i) { return *static_cast<int64_t*>(a[i]); };
  for (f.block->x = 0; f.block->x < blocks; ++f.block->x)
    for (f.thread->x = 0; f.thread->x < size; ++f.thread->x)
      f.kernel(pointer(0), pointer(1), pointer(2), pointer(3), number(4), number(5), number(6), number(7),
               number(8), number(9), number(10), number(11), *static_cast<uint32_t*>(a[12]));
  return 0;
}
FM_MOCK cuGetErrorName(int32_t status, const char** name) {
  return *name = status == 2 ? "CUDA_ERROR_OUT_OF_MEMORY" : "CUDA_ERROR_MOCK", 0;
}

FM_MOCK nvrtcCreateProgram(void** program, const char* source, const char*, int, const char* const*,
                           const char* const*) {
  if (const int32_t failed = fails(1)) return failed;
  *program = new Program{source, {}};
  return 0;
}
FM_MOCK nvrtcCompileProgram(void* program, int count, const char* const* options) {
  if (const int32_t failed = fails(6)) return failed;
  bool separate = false;
  for (int i = 0; i < count; ++i) separate |= std::strcmp(options[i], "--fmad=false") == 0;
  auto& p = *static_cast<Program*>(program);
  static std::atomic<int> number{0};
  const std::string name = folder() + "/" + std::to_string(++number);
  std::ofstream(name + ".cpp") << kHost << p.source;
  p.file = name + ".so";
  const std::string command = std::string("g++ -std=c++20 -O1 -shared -fPIC -w -ffp-contract=") +
                              (separate ? "off" : "fast -march=native") + " -o " + p.file + " " + name +
                              ".cpp";
  return std::system(command.c_str()) == 0 ? 0 : 6;
}
FM_MOCK nvrtcGetPTXSize(void* program, size_t* size) {
  *size = static_cast<Program*>(program)->file.size() + 1;
  return fails(1);
}
FM_MOCK nvrtcGetPTX(void* program, char* ptx) {
  std::strcpy(ptx, static_cast<Program*>(program)->file.c_str());
  return fails(1);
}
FM_MOCK nvrtcGetProgramLogSize(void*, size_t* size) { return *size = 30, 0; }
FM_MOCK nvrtcGetProgramLog(void*, char* log) { return std::strcpy(log, "mock: error: as it was told"), 0; }
FM_MOCK nvrtcDestroyProgram(void** program) {
  delete static_cast<Program*>(*program);
  return *program = nullptr, 0;
}
