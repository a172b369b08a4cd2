// kernel_text.h - the source of a device's kernel for a Map program.
#ifndef FASTMERGE_DEVICES_KERNEL_TEXT_H
#define FASTMERGE_DEVICES_KERNEL_TEXT_H
#include <string>
#include <vector>

#include "cpu/program.h"

namespace fm::devices {

// What a kernel is made for: a program, a number of models, the dtype of each buffer.
struct KernelShape {
  int32_t models = 0;
  std::vector<int32_t> inputs;  // single inputs, then models
  std::vector<int32_t> outputs;

  bool uses(int32_t dtype) const;
  std::string key(uint64_t hash) const;
};

constexpr const char* kKernelName = "fm_map_kernel";

// The bytes of the buffers before one of them, an element of each.
int64_t bytes_before(const std::vector<int32_t>& dtypes, size_t buffer);

// One work-item an element; every value a local, loops over the models unrolled, operations in the program's
// order. Buffers of a chunk of n elements lie one after the other, each `stride` >= n elements long.
std::string kernel_text(const fm_program& program, const KernelShape& shape);

// fm_prims.h and fm_device.h, which come before the text.
const char* kernel_prelude();

}  // namespace fm::devices
#endif
