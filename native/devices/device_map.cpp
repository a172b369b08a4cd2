// device_map.cpp - a Map run on a device: inputs and side values into the lane's memory, a kernel, outputs
// back.
#include <algorithm>
#include <cstring>

#include "cpu/failure.h"
#include "cpu/run_check.h"
#include "device_handle.h"
#include "memory/guard.h"

namespace fm::devices {
namespace {

constexpr int64_t kAlignment = 256;

int64_t round_up(int64_t n) { return (n + kAlignment - 1) / kAlignment * kAlignment; }

std::vector<const fm_buffer*> inputs_of(const fm_program& program, const fm_run& run) {
  std::vector<const fm_buffer*> all;
  for (int32_t i = 0; i < program.single_inputs; ++i) all.push_back(run.single_inputs + i);
  for (int32_t k = 0; program.model_inputs && k < run.models; ++k) all.push_back(run.model_inputs + k);
  return all;
}

KernelShape shape_of(const fm_program& program, const fm_run& run) {
  KernelShape shape;
  shape.models = run.models;
  for (const fm_buffer* input : inputs_of(program, run)) shape.inputs.push_back(input->dtype);
  for (int32_t o = 0; o < program.outputs; ++o) shape.outputs.push_back(run.outputs[o].dtype);
  return shape;
}

// Where the side values of a run lie behind each other.
struct SidePlan {
  int64_t uniforms, cuts_at, randoms_at, arrays_at, bytes;
  std::vector<int64_t> array_bytes;

  SidePlan(const fm_program& program, const fm_run& run) {
    const int64_t entries = std::max(1, run.models);
    const int64_t last = run.first_element + std::max<int64_t>(0, run.element_count - 1);
    const int64_t rows = run.row_length ? last / run.row_length - run.first_element / run.row_length : 0;
    uniforms = rows * run.row_stride + program.uniform_count(run.models);
    cuts_at = round_up(uniforms * static_cast<int64_t>(sizeof(float)));
    randoms_at = cuts_at + round_up(program.cuts * entries * static_cast<int64_t>(sizeof(fm_cut)));
    arrays_at = randoms_at + round_up(program.randoms * entries * static_cast<int64_t>(sizeof(fm_random)));
    const int64_t arrays = program.array_count(run.models);
    bytes = arrays_at + round_up(arrays * 2 * static_cast<int64_t>(sizeof(int64_t)));
    for (int64_t a = 0; a < arrays; ++a) {
      const int64_t length = run.arrays[a].period ? run.arrays[a].period : run.element_count;
      array_bytes.push_back(length * static_cast<int64_t>(sizeof(float)));
      bytes += round_up(array_bytes.back());
    }
  }

  void fill(const fm_program& program, const fm_run& run, char* side) const {
    const size_t entries = static_cast<size_t>(std::max(1, run.models));
    if (uniforms) std::memcpy(side, run.uniforms, static_cast<size_t>(uniforms) * sizeof(float));
    if (program.cuts)
      std::memcpy(side + cuts_at, run.cuts, static_cast<size_t>(program.cuts) * entries * sizeof(fm_cut));
    if (program.randoms)
      std::memcpy(side + randoms_at, run.randoms,
                  static_cast<size_t>(program.randoms) * entries * sizeof(fm_random));
    int64_t at = arrays_at + round_up(static_cast<int64_t>(array_bytes.size() * 2 * sizeof(int64_t)));
    for (size_t a = 0; a < array_bytes.size(); ++a) {
      const int64_t head[2] = {at, run.arrays[a].period};
      std::memcpy(side + arrays_at + static_cast<int64_t>(a * sizeof head), head, sizeof head);
      if (array_bytes[a]) std::memcpy(side + at, run.arrays[a].data, static_cast<size_t>(array_bytes[a]));
      at += round_up(array_bytes[a]);
    }
  }
};

// A lane that goes back when the call ends, however it does.
class LaneLease {
 public:
  explicit LaneLease(fm_device& device) : device_(device), lane_(device.take_lane()) {}
  ~LaneLease() {
    if (lane_) device_.give_lane(std::move(lane_));
  }
  LaneLease(const LaneLease&) = delete;
  Lane* operator->() const { return lane_.get(); }

 private:
  fm_device& device_;
  std::unique_ptr<Lane> lane_;
};

void map(fm_device& device, const fm_program& program, fm_run& run) {
  if (run.element_count == 0) return;
  const KernelShape shape = shape_of(program, run);
  if (shape.uses(FM_F64) && !device.device->info().has_double)
    refuse(FM_UNSUPPORTED, "device %s has no binary64", device.device->info().name);
  const Kernel& kernel = device.kernel(program, shape);
  LaneLease lane(device);
  const int64_t stride = round_up(run.element_count);
  const auto inputs = inputs_of(program, run);
  const int64_t input_bytes = std::max(kAlignment, stride * bytes_before(shape.inputs, inputs.size()));
  const int64_t output_bytes = stride * bytes_before(shape.outputs, shape.outputs.size());
  const SidePlan side(program, run);
  char* host = lane->inputs(input_bytes);
  fm_error fault{};
  const fm_status copied = guarded(
      [&] {
        for (size_t i = 0; i < inputs.size(); ++i)
          std::memcpy(host + stride * bytes_before(shape.inputs, i), inputs[i]->data,
                      static_cast<size_t>(run.element_count * size_of(inputs[i]->dtype)));
      },
      &fault);
  if (copied != FM_OK) refuse(copied, "%s", fault.text);
  const int64_t side_bytes = std::max(kAlignment, side.bytes);
  side.fill(program, run, lane->side(side_bytes));
  std::vector<uint32_t> counts(inputs.size() + shape.outputs.size());
  const MapNumbers numbers{run.first_element, run.element_count, stride,
                           run.row_length,    run.row_stride,    side.cuts_at,
                           side.randoms_at,   side.arrays_at,    run.flags};
  const char* result = lane->run(kernel, numbers, input_bytes, side_bytes, output_bytes, counts.data(),
                                 static_cast<int64_t>(counts.size()));
  for (size_t o = 0; o < shape.outputs.size(); ++o) {
    std::memcpy(run.outputs[o].data, result + stride * bytes_before(shape.outputs, o),
                static_cast<size_t>(run.element_count * size_of(shape.outputs[o])));
    run.outputs[o].nonfinite += counts[inputs.size() + o];
  }
  for (size_t i = 0; i < inputs.size(); ++i) const_cast<fm_buffer*>(inputs[i])->nonfinite += counts[i];
}

}  // namespace
}  // namespace fm::devices

const fm::devices::Kernel& fm_device::kernel(const fm_program& program,
                                             const fm::devices::KernelShape& shape) {
  const std::lock_guard lock(gate_);
  auto& known = kernels_[shape.key(program.hash)];
  if (!known)
    known = device->compile(fm::devices::kernel_prelude() + fm::devices::kernel_text(program, shape));
  return *known;
}

std::unique_ptr<fm::devices::Lane> fm_device::take_lane() {
  const std::lock_guard lock(gate_);
  if (lanes_.empty()) return device->lane();
  auto lane = std::move(lanes_.back());
  lanes_.pop_back();
  return lane;
}

void fm_device::give_lane(std::unique_ptr<fm::devices::Lane> lane) {
  const std::lock_guard lock(gate_);
  lanes_.push_back(std::move(lane));
}

extern "C" fm_status fm_device_map_run(fm_device* device, const fm_program* program, fm_run* run,
                                       fm_error* error) {
  if (const fm_status status = fm::check_run(program, run, fm::Pass::kMap, error)) return status;
  return fm::guarded_call("device map", error, [&] {
    if (!device) fm::refuse(FM_INVALID_ARGUMENT, "device map: no device");
    fm::devices::map(*device, *program, *run);
  });
}
