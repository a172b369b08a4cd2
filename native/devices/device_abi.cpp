// device_abi.cpp - listing and opening devices.
#include "cpu/failure.h"
#include "device_handle.h"

namespace fm::devices {
namespace {

const Kind& kind_of(int32_t kind) {
  if (kind == FM_DEVICE_OPENCL) return opencl();
  if (kind == FM_DEVICE_CUDA) return cuda();
  refuse(FM_INVALID_ARGUMENT, "device: kind %d, accepted are 1 (OpenCL) and 2 (CUDA)", kind);
}

const Kind& kind_of(int32_t kind, int32_t index) {
  const Kind& found = kind_of(kind);
  const int32_t count = found.count();
  if (index < 0 || index >= count)
    refuse(FM_INVALID_ARGUMENT, "device %d; there %s %d, counted from 0", index, count == 1 ? "is" : "are",
           count);
  return found;
}

}  // namespace
}  // namespace fm::devices

extern "C" {

fm_status fm_device_count(int32_t kind, int32_t* count, fm_error* error) {
  return fm::guarded_call("device", error, [&] {
    if (!count) fm::refuse(FM_INVALID_ARGUMENT, "device: no place for the count");
    *count = fm::devices::kind_of(kind).count();
  });
}

fm_status fm_device_describe(int32_t kind, int32_t index, fm_device_info* info, fm_error* error) {
  return fm::guarded_call("device", error, [&] {
    if (!info || info->struct_size != static_cast<int32_t>(sizeof *info))
      fm::refuse(FM_INVALID_ARGUMENT, "device: a description of sizeof(fm_device_info) is needed");
    fm::devices::kind_of(kind, index).describe(index, *info);
  });
}

fm_status fm_device_open(int32_t kind, int32_t index, fm_device** device, fm_error* error) {
  return fm::guarded_call("device", error, [&] {
    if (!device) fm::refuse(FM_INVALID_ARGUMENT, "device: no place for the handle");
    *device = nullptr;
    const fm::devices::Kind& found = fm::devices::kind_of(kind, index);
    fm_device_info info{};
    info.struct_size = sizeof info;
    found.describe(index, info);
    if (*info.refusal) fm::refuse(FM_UNSUPPORTED, "device %s: %s", info.name, info.refusal);
    auto made = std::make_unique<fm_device>();
    made->device = found.open(index);
    *device = made.release();
  });
}

void fm_device_close(fm_device* device) { delete device; }

}  // extern "C"
