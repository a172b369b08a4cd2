// device_handle.h - an open device with the kernels that were made and the lanes that are free.
#ifndef FASTMERGE_DEVICES_DEVICE_HANDLE_H
#define FASTMERGE_DEVICES_DEVICE_HANDLE_H
#include <map>
#include <mutex>
#include <vector>

#include "device.h"
#include "kernel_text.h"

struct fm_device {
  std::unique_ptr<fm::devices::Device> device;

  // The kernel of a program; it is compiled by the first that asks, while others wait.
  const fm::devices::Kernel& kernel(const fm_program& program, const fm::devices::KernelShape& shape);

  std::unique_ptr<fm::devices::Lane> take_lane();
  void give_lane(std::unique_ptr<fm::devices::Lane> lane);

 private:
  std::mutex gate_;
  std::map<std::string, std::unique_ptr<fm::devices::Kernel>> kernels_;
  std::vector<std::unique_ptr<fm::devices::Lane>> lanes_;
};
#endif
