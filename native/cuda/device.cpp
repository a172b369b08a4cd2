// device.cpp - CUDA devices: what they are, kernels made by NVRTC, and lanes of pinned and device memory with
// a stream.
#include "devices/device.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "api.h"
#include "cpu/failure.h"
#include "devices/kernel_text.h"

namespace fm::devices {
namespace {

using fm::cuda::check;
using fm::cuda::compiler;
using fm::cuda::driver;

using fm::cuda::Address;
using fm::cuda::Handle;
using fm::cuda::Status;

constexpr unsigned kBlock = 256;
constexpr int32_t kLeastMajor = 7;

Handle make_current(Handle context) {
  check(driver().CtxSetCurrent(context), "cuCtxSetCurrent");
  return context;
}

fm::cuda::Device device_at(int32_t index) {
  fm::cuda::Device device;
  check(driver().DeviceGet(&device, index), "cuDeviceGet");
  return device;
}

int32_t attribute(fm::cuda::Device device, int32_t what) {
  int32_t value = 0;
  check(driver().DeviceGetAttribute(&value, what, device), "cuDeviceGetAttribute");
  return value;
}

void put(char* to, size_t capacity, const std::string& text) { to[text.copy(to, capacity - 1)] = '\0'; }

void describe_device(int32_t index, fm_device_info& info) {
  const fm::cuda::Device device = device_at(index);
  size_t memory = 0;
  int32_t version = 0;
  check(driver().DeviceGetName(info.name, sizeof info.name, device), "cuDeviceGetName");
  check(driver().DeviceTotalMem(&memory, device), "cuDeviceTotalMem");
  check(driver().DriverGetVersion(&version), "cuDriverGetVersion");
  const int32_t major = attribute(device, fm::cuda::kMajor), minor = attribute(device, fm::cuda::kMinor);
  info.is_gpu = info.has_double = 1;
  info.units = attribute(device, fm::cuda::kMultiprocessors);
  info.memory = info.largest_buffer = static_cast<int64_t>(memory);
  put(info.driver, sizeof info.driver,
      std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10) + ", compute capability " +
          std::to_string(major) + "." + std::to_string(minor));
  std::string refusal;
  if (major < kLeastMajor) refusal = "its compute capability is below 7.0";
  try {
    compiler();
  } catch (const Failure& failure) {
    refusal = failure.text;
  }
  put(info.refusal, sizeof info.refusal, refusal);
}

class CudaKernel final : public Kernel {
 public:
  CudaKernel(Handle context, const std::string& ptx) : context_(make_current(context)) {
    check(driver().ModuleLoadData(&module_, ptx.c_str()), "cuModuleLoadData");
    const Status status = driver().ModuleGetFunction(&function_, module_, kKernelName);
    if (status != fm::cuda::kSuccess) driver().ModuleUnload(module_);
    check(status, "cuModuleGetFunction");
  }
  ~CudaKernel() override {
    driver().CtxSetCurrent(context_);
    driver().ModuleUnload(module_);
  }
  CudaKernel(const CudaKernel&) = delete;
  Handle function() const { return function_; }

 private:
  Handle context_, module_ = nullptr, function_ = nullptr;
};

// Device memory that grows.
class Memory {
 public:
  Memory() = default;
  ~Memory() { release(); }
  Memory(const Memory&) = delete;
  Address take(int64_t bytes) {
    if (bytes <= size_) return address_;
    release();
    check(driver().MemAlloc(&address_, static_cast<size_t>(bytes)), "cuMemAlloc");
    size_ = bytes;
    return address_;
  }

 private:
  void release() {
    if (size_) driver().MemFree(address_);
    size_ = 0;
  }
  Address address_ = 0;
  int64_t size_ = 0;
};

// Pinned memory of the host that grows.
class Pinned {
 public:
  Pinned() = default;
  ~Pinned() { release(); }
  Pinned(const Pinned&) = delete;
  char* take(int64_t bytes) {
    if (bytes <= size_) return static_cast<char*>(data_);
    release();
    check(driver().MemHostAlloc(&data_, static_cast<size_t>(bytes), 0), "cuMemHostAlloc");
    size_ = bytes;
    return static_cast<char*>(data_);
  }

 private:
  void release() {
    if (size_) driver().MemFreeHost(data_);
    size_ = 0;
  }
  void* data_ = nullptr;
  int64_t size_ = 0;
};

class CudaLane final : public Lane {
 public:
  explicit CudaLane(Handle context) : context_(make_current(context)) {
    check(driver().StreamCreate(&stream_, fm::cuda::kNonBlocking), "cuStreamCreate");
  }
  ~CudaLane() override {
    driver().CtxSetCurrent(context_);
    driver().StreamSynchronize(stream_);
    driver().StreamDestroy(stream_);
  }
  CudaLane(const CudaLane&) = delete;
  char* inputs(int64_t bytes) override {
    make_current(context_);
    return host_in_.take(bytes);
  }
  char* side(int64_t bytes) override {
    make_current(context_);
    return host_side_.take(bytes);
  }
  const char* run(const Kernel& kernel, const MapNumbers& numbers, int64_t input_bytes, int64_t side_bytes,
                  int64_t output_bytes, uint32_t* counts, int64_t count_count) override {
    make_current(context_);
    const size_t count_bytes = static_cast<size_t>(count_count) * sizeof *counts;
    char* result = host_out_.take(output_bytes);
    char* host_counts = host_counts_.take(static_cast<int64_t>(count_bytes));
    Address buffers[] = {in_.take(input_bytes), side_.take(side_bytes), out_.take(output_bytes),
                         counts_.take(static_cast<int64_t>(count_bytes))};
    write(buffers[0], host_in_.take(input_bytes), input_bytes);
    write(buffers[1], host_side_.take(side_bytes), side_bytes);
    check(driver().MemsetD32Async(buffers[3], 0, static_cast<size_t>(count_count), stream_),
          "cuMemsetD32Async");
    launch(static_cast<const CudaKernel&>(kernel), buffers, numbers);
    read(result, buffers[2], output_bytes);
    read(host_counts, buffers[3], static_cast<int64_t>(count_bytes));
    check(driver().StreamSynchronize(stream_), "cuStreamSynchronize");
    std::memcpy(counts, host_counts, count_bytes);
    return result;
  }

 private:
  void write(Address to, const void* from, int64_t bytes) {
    check(driver().MemcpyHtoDAsync(to, from, static_cast<size_t>(bytes), stream_), "cuMemcpyHtoDAsync");
  }
  void read(void* to, Address from, int64_t bytes) {
    check(driver().MemcpyDtoHAsync(to, from, static_cast<size_t>(bytes), stream_), "cuMemcpyDtoHAsync");
  }
  void launch(const CudaKernel& kernel, Address* buffers, MapNumbers n) {
    void* arguments[] = {buffers,       buffers + 1,  buffers + 2,   buffers + 3,   &n.first,
                         &n.count,      &n.stride,    &n.row_length, &n.row_stride, &n.cuts_at,
                         &n.randoms_at, &n.arrays_at, &n.flags};
    const auto blocks = static_cast<unsigned>((n.count + kBlock - 1) / kBlock);
    check(
        driver().LaunchKernel(kernel.function(), blocks, 1, 1, kBlock, 1, 1, 0, stream_, arguments, nullptr),
        "cuLaunchKernel");
  }

  Handle context_, stream_ = nullptr;
  Pinned host_in_, host_side_, host_out_, host_counts_;
  Memory in_, side_, out_, counts_;
};

class CudaDevice final : public Device {
 public:
  explicit CudaDevice(int32_t index) : device_(device_at(index)) {
    info_.struct_size = sizeof info_;
    describe_device(index, info_);
    check(driver().DevicePrimaryCtxRetain(&context_, device_), "cuDevicePrimaryCtxRetain");
  }
  ~CudaDevice() override { driver().DevicePrimaryCtxRelease(device_); }
  CudaDevice(const CudaDevice&) = delete;
  const fm_device_info& info() const override { return info_; }
  std::unique_ptr<Lane> lane() override { return std::make_unique<CudaLane>(context_); }
  std::unique_ptr<Kernel> compile(const std::string& source) override {
    const auto& nvrtc = compiler();
    struct Program {
      Handle handle = nullptr;
      ~Program() {
        if (handle) compiler().DestroyProgram(&handle);
      }
    } program;
    const auto require = [&](Status status, const char* what) {
      if (status != fm::cuda::kSuccess)
        refuse(FM_UNSUPPORTED, "device %s: %s gave %d", info_.name, what, status);
    };
    require(nvrtc.CreateProgram(&program.handle, source.c_str(), "fm_map_kernel.cu", 0, nullptr, nullptr),
            "nvrtcCreateProgram");
    const std::string architecture = "--gpu-architecture=compute_" +
                                     std::to_string(attribute(device_, fm::cuda::kMajor)) +
                                     std::to_string(attribute(device_, fm::cuda::kMinor));
    const char* options[] = {architecture.c_str(), "--fmad=false", "--prec-div=true", "--prec-sqrt=true",
                             "--ftz=false"};
    const Status status = nvrtc.CompileProgram(program.handle, static_cast<int>(std::size(options)), options);
    size_t size = 0;
    if (status != fm::cuda::kSuccess) {
      std::string log;
      if (nvrtc.GetProgramLogSize(program.handle, &size) == fm::cuda::kSuccess) log.resize(size + 1);
      if (size) nvrtc.GetProgramLog(program.handle, log.data());
      const size_t error = std::min(log.find("error"), log.size());
      refuse(FM_UNSUPPORTED, "device %s does not compile a kernel (%d): %.120s", info_.name, status,
             log.c_str() + (error == log.size() ? 0 : error));
    }
    require(nvrtc.GetPTXSize(program.handle, &size), "nvrtcGetPTXSize");
    std::string ptx(size, '\0');
    require(nvrtc.GetPTX(program.handle, ptx.data()), "nvrtcGetPTX");
    return std::make_unique<CudaKernel>(context_, ptx);
  }

 private:
  fm::cuda::Device device_;
  Handle context_ = nullptr;
  fm_device_info info_{};
};

}  // namespace

const Kind& cuda() {
  static const Kind kind = {
      [] {
        int32_t count = 0;
        check(driver().DeviceGetCount(&count), "cuDeviceGetCount");
        return count;
      },
      describe_device,
      [](int32_t index) -> std::unique_ptr<Device> { return std::make_unique<CudaDevice>(index); },
  };
  return kind;
}

}  // namespace fm::devices
