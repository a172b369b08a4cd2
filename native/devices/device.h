// device.h - what a kind of device has to offer; opencl/ is one.
#ifndef FASTMERGE_DEVICES_DEVICE_H
#define FASTMERGE_DEVICES_DEVICE_H
#include <memory>
#include <string>

#include "fastmerge.h"

namespace fm::devices {

// The numbers that a kernel is called with, in the order of kernel_text.
struct MapNumbers {
  int64_t first, count, stride, row_length, row_stride, cuts_at, randoms_at, arrays_at;
  uint32_t flags;
};

// A kernel that was compiled.
class Kernel {
 public:
  virtual ~Kernel() = default;
};

// Memory and a queue for one chunk at a time.
class Lane {
 public:
  virtual ~Lane() = default;
  // Memory of the host to put inputs and side values into, at least so large. Devices copy from it at full
  // speed.
  virtual char* inputs(int64_t bytes) = 0;
  virtual char* side(int64_t bytes) = 0;
  // Copies both over, runs the kernel; the outputs, one after the other, and the counts are back when it
  // returns.
  virtual const char* run(const Kernel& kernel, const MapNumbers& numbers, int64_t input_bytes,
                          int64_t side_bytes, int64_t output_bytes, uint32_t* counts,
                          int64_t count_count) = 0;
};

class Device {
 public:
  virtual ~Device() = default;
  virtual const fm_device_info& info() const = 0;
  virtual std::unique_ptr<Kernel> compile(const std::string& source) = 0;
  virtual std::unique_ptr<Lane> lane() = 0;
};

// A kind of device: how many there are, what they are, one of them opened. They throw Failure.
struct Kind {
  int32_t (*count)();
  void (*describe)(int32_t index, fm_device_info& info);
  std::unique_ptr<Device> (*open)(int32_t index);
};

const Kind& opencl();
const Kind& cuda();

}  // namespace fm::devices
#endif
