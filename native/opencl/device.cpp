// device.cpp - OpenCL devices: what they are, kernels, and lanes of buffers with a queue.
#include "devices/device.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "api.h"
#include "cpu/failure.h"
#include "devices/kernel_text.h"

namespace fm::devices {
namespace {

using namespace fm::opencl;

constexpr size_t kWorkGroup = 64;

std::vector<Handle> all_devices() {
  const Api& cl = api();
  UInt platforms = 0;
  if (cl.GetPlatformIDs(0, nullptr, &platforms) != kSuccess || platforms == 0) return {};
  std::vector<Handle> found(platforms), devices;
  check(cl.GetPlatformIDs(platforms, found.data(), nullptr), "clGetPlatformIDs");
  for (Handle platform : found) {
    UInt count = 0;
    if (cl.GetDeviceIDs(platform, kTypeAll, 0, nullptr, &count) != kSuccess || count == 0) continue;
    devices.resize(devices.size() + count);
    check(cl.GetDeviceIDs(platform, kTypeAll, count, &devices[devices.size() - count], nullptr),
          "clGetDeviceIDs");
  }
  return devices;
}

template <class T>
T number(Handle device, UInt what) {
  T value{};
  return api().GetDeviceInfo(device, what, sizeof value, &value, nullptr) == kSuccess ? value : T{};
}

void text(Handle device, UInt what, char* to, size_t capacity) {
  char found[1024] = {};
  if (api().GetDeviceInfo(device, what, sizeof found - 1, found, nullptr) != kSuccess) *found = '\0';
  to[std::string_view(found).copy(to, capacity - 1)] = '\0';
}

// Why a device's bits would not be ours; null if they are.
const char* refusal(Handle device) {
  const Bits single = number<Bits>(device, kDeviceSingle);
  if (!number<UInt>(device, kDeviceAvailable)) return "it is not available";
  if (!number<UInt>(device, kDeviceCompiler)) return "it has no compiler";
  if (!number<UInt>(device, kDeviceLittleEndian)) return "it is not little-endian";
  if (!(single & kRoundToNearest) || !(single & kInfAndNan)) return "its binary32 is not IEEE 754's";
  if (!(single & kDenormals)) return "it has no denormal numbers in binary32";
  if (!(single & kRoundedDivide)) return "its divide and square root are not correctly rounded";
  return nullptr;
}

void describe_device(Handle device, fm_device_info& info) {
  info.is_gpu = (number<Bits>(device, kDeviceType) & kTypeGpu) != 0;
  info.has_double = number<Bits>(device, kDeviceDouble) != 0;
  info.units = static_cast<int32_t>(number<UInt>(device, kDeviceUnits));
  info.memory = static_cast<int64_t>(number<Bits>(device, kDeviceMemory));
  info.largest_buffer = static_cast<int64_t>(number<Bits>(device, kDeviceLargestBuffer));
  text(device, kDeviceName, info.name, sizeof info.name);
  text(device, kDriverVersion, info.driver, sizeof info.driver);
  const char* why = refusal(device);
  info.refusal[std::string_view(why ? why : "").copy(info.refusal, sizeof info.refusal - 1)] = '\0';
}

class ClKernel final : public Kernel {
 public:
  explicit ClKernel(Handle program) : program_(program) {}
  ~ClKernel() override { api().ReleaseProgram(program_); }
  ClKernel(const ClKernel&) = delete;
  // Arguments belong to a kernel object, so each call has its own.
  Handle make() const {
    Int status;
    Handle kernel = api().CreateKernel(program_, kKernelName, &status);
    check(status, "clCreateKernel");
    return kernel;
  }

 private:
  Handle program_;
};

// A buffer that grows; with host memory it stays mapped.
class Buffer {
 public:
  Buffer(Handle context, Handle queue, bool of_host) : context_(context), queue_(queue), of_host_(of_host) {}
  ~Buffer() { release(); }
  Buffer(const Buffer&) = delete;
  Handle take(int64_t bytes) {
    if (bytes <= size_) return memory_;
    release();
    Int status;
    memory_ = api().CreateBuffer(context_, of_host_ ? kReadWrite | kHostMemory : Bits{kReadWrite},
                                 static_cast<size_t>(bytes), nullptr, &status);
    check(status, "clCreateBuffer");
    size_ = bytes;
    if (!of_host_) return memory_;
    mapped_ = api().EnqueueMapBuffer(queue_, memory_, 1, kMapRead | kMapWrite, 0, static_cast<size_t>(bytes),
                                     0, nullptr, nullptr, &status);
    check(status, "clEnqueueMapBuffer");
    return memory_;
  }
  char* host(int64_t bytes) {
    take(bytes);
    return static_cast<char*>(mapped_);
  }

 private:
  void release() {
    if (mapped_) api().EnqueueUnmapMemObject(queue_, memory_, mapped_, 0, nullptr, nullptr);
    if (mapped_) api().Finish(queue_);
    if (memory_) api().ReleaseMemObject(memory_);
    mapped_ = nullptr;
    memory_ = nullptr;
    size_ = 0;
  }

  Handle context_, queue_;
  bool of_host_;
  Handle memory_ = nullptr;
  void* mapped_ = nullptr;
  int64_t size_ = 0;
};

struct Queue {
  Handle handle;
  Queue(Handle context, Handle device) {
    Int status;
    handle = api().CreateCommandQueue(context, device, 0, &status);
    check(status, "clCreateCommandQueue");
  }
  ~Queue() { api().ReleaseCommandQueue(handle); }
  Queue(const Queue&) = delete;
};

class ClLane final : public Lane {
 public:
  ClLane(Handle context, Handle device)
      : queue_(context, device),
        host_in_(context, queue_.handle, true),
        host_side_(context, queue_.handle, true),
        host_out_(context, queue_.handle, true),
        in_(context, queue_.handle, false),
        side_(context, queue_.handle, false),
        out_(context, queue_.handle, false),
        counts_(context, queue_.handle, false) {}
  char* inputs(int64_t bytes) override { return host_in_.host(bytes); }
  char* side(int64_t bytes) override { return host_side_.host(bytes); }
  const char* run(const Kernel& kernel, const MapNumbers& numbers, int64_t input_bytes, int64_t side_bytes,
                  int64_t output_bytes, uint32_t* counts, int64_t count_count) override {
    const size_t count_bytes = static_cast<size_t>(count_count) * sizeof *counts;
    char* result = host_out_.host(output_bytes);
    Handle buffers[] = {in_.take(input_bytes), side_.take(side_bytes), out_.take(output_bytes),
                        counts_.take(static_cast<int64_t>(count_bytes))};
    std::fill_n(counts, count_count, 0u);
    write(buffers[0], host_in_.host(input_bytes), static_cast<size_t>(input_bytes));
    write(buffers[1], host_side_.host(side_bytes), static_cast<size_t>(side_bytes));
    write(buffers[3], counts, count_bytes);
    launch(static_cast<const ClKernel&>(kernel), buffers, numbers);
    read(buffers[2], result, static_cast<size_t>(output_bytes));
    read(buffers[3], counts, count_bytes);
    check(api().Finish(queue_.handle), "clFinish");
    return result;
  }

 private:
  void write(Handle buffer, const void* data, size_t bytes) {
    check(api().EnqueueWriteBuffer(queue_.handle, buffer, 0, 0, bytes, data, 0, nullptr, nullptr),
          "clEnqueueWriteBuffer");
  }
  void read(Handle buffer, void* data, size_t bytes) {
    check(api().EnqueueReadBuffer(queue_.handle, buffer, 0, 0, bytes, data, 0, nullptr, nullptr),
          "clEnqueueReadBuffer");
  }
  void launch(const ClKernel& kernel, const Handle* buffers, const MapNumbers& n) {
    struct Own {
      Handle kernel;
      ~Own() { api().ReleaseKernel(kernel); }
    } own{kernel.make()};
    UInt argument = 0;
    const auto set = [&](const void* value, size_t size) {
      check(api().SetKernelArg(own.kernel, argument++, size, value), "clSetKernelArg");
    };
    for (int i = 0; i < 4; ++i) set(buffers + i, sizeof *buffers);
    for (const int64_t* value : {&n.first, &n.count, &n.stride, &n.row_length, &n.row_stride, &n.cuts_at,
                                 &n.randoms_at, &n.arrays_at})
      set(value, sizeof *value);
    set(&n.flags, sizeof n.flags);
    const size_t group = kWorkGroup, global = (static_cast<size_t>(n.count) + group - 1) / group * group;
    check(api().EnqueueNDRangeKernel(queue_.handle, own.kernel, 1, nullptr, &global, &group, 0, nullptr,
                                     nullptr),
          "clEnqueueNDRangeKernel");
  }

  Queue queue_;
  Buffer host_in_, host_side_, host_out_, in_, side_, out_, counts_;
};

class ClDevice final : public Device {
 public:
  explicit ClDevice(Handle device) : device_(device) {
    info_.struct_size = sizeof info_;
    describe_device(device, info_);
    Int status;
    context_ = api().CreateContext(nullptr, 1, &device_, nullptr, nullptr, &status);
    check(status, "clCreateContext");
  }
  ~ClDevice() override { api().ReleaseContext(context_); }
  ClDevice(const ClDevice&) = delete;
  const fm_device_info& info() const override { return info_; }
  std::unique_ptr<Lane> lane() override { return std::make_unique<ClLane>(context_, device_); }
  std::unique_ptr<Kernel> compile(const std::string& source) override {
    const char* data = source.c_str();
    Int status;
    Handle program = api().CreateProgramWithSource(context_, 1, &data, nullptr, &status);
    check(status, "clCreateProgramWithSource");
    auto kernel = std::make_unique<ClKernel>(program);
    status = api().BuildProgram(program, 1, &device_, "-cl-std=CL1.2 -cl-fp32-correctly-rounded-divide-sqrt",
                                nullptr, nullptr);
    if (status != kSuccess) {
      std::string log(4096, '\0');
      api().GetProgramBuildInfo(program, device_, kBuildLog, log.size() - 1, log.data(), nullptr);
      const size_t error = std::min(log.find("error"), log.size());
      refuse(FM_UNSUPPORTED, "device %s does not compile a kernel (%d): %.120s", info_.name, status,
             log.c_str() + (error == log.size() ? 0 : error));
    }
    return kernel;
  }

 private:
  Handle device_, context_ = nullptr;
  fm_device_info info_{};
};

}  // namespace

const Kind& opencl() {
  static const Kind kind = {
      [] { return static_cast<int32_t>(all_devices().size()); },
      [](int32_t index, fm_device_info& info) {
        describe_device(all_devices()[static_cast<size_t>(index)], info);
      },
      [](int32_t index) -> std::unique_ptr<Device> {
        return std::make_unique<ClDevice>(all_devices()[static_cast<size_t>(index)]);
      },
  };
  return kind;
}

}  // namespace fm::devices
