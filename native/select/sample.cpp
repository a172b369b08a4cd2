#include "select/sample.h"

#include "cpu/run_check.h"
#include "select/direct_reading.h"

namespace fm {
namespace {

constexpr int64_t spot_elements = 256;

/// Hands values to the samples; who reads the chunk itself complains of entries that nobody knows.
class Sampler final : public TileSink {
 public:
  explicit Sampler(std::vector<Sample>& samples) : _samples(samples) {}
  void take(int32_t entry, int64_t, const float* values, int32_t count) override {
    if (entry < static_cast<int32_t>(_samples.size()))
      _samples[static_cast<size_t>(entry)].add(values, count);
  }

 private:
  std::vector<Sample>& _samples;
};

/// A part of a run with buffers of its own.
struct Spot {
  Spot(const fm_program& program, const fm_run& whole, int64_t at, int64_t count)
      : run(whole),
        singles(whole.single_inputs, whole.single_inputs + program.single_inputs),
        models(whole.model_inputs, whole.model_inputs + (program.model_inputs ? whole.models : 0)) {
    for (auto* buffers : {&singles, &models}) {
      for (fm_buffer& buffer : *buffers)
        buffer.data = static_cast<char*>(buffer.data) + at * size_of(buffer.dtype);
    }
    run.first_element += at;
    run.element_count = count;
    run.single_inputs = singles.data();
    run.model_inputs = models.data();
  }

  fm_run run;
  std::vector<fm_buffer> singles, models;
};

}  // namespace

fm_status sample_chunk(const fm_program& program, const fm_run& run, int64_t wanted,
                       std::vector<Sample>& samples, fm_error* error) {
  fm_status status = check_run(&program, &run, Pass::kHistogram, error);
  if (status != FM_OK) return status;
  int64_t spots = std::max<int64_t>(1, wanted / spot_elements), step = run.element_count / spots;
  int64_t count = std::min(step, spot_elements);
  if (run.row_length != 0 || step == 0) {  // a spot's uniforms would have to be looked for
    spots = 1;
    step = count = std::min(wanted, run.element_count);
  }
  Sampler sampler(samples);
  for (int64_t s = 0; s < spots && status == FM_OK; ++s) {
    auto place = static_cast<int64_t>(scattered(s, static_cast<uint64_t>(step - count + 1)));
    Spot spot(program, run, s * step + place, count);
    status = read_magnitudes(program, spot.run, sampler, NanBits::any, error);
  }
  return status;
}

}  // namespace fm
