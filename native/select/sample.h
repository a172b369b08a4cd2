// sample.h - some magnitudes of each histogram entry.
#ifndef FASTMERGE_SELECT_SAMPLE_H
#define FASTMERGE_SELECT_SAMPLE_H
#include <algorithm>
#include <atomic>
#include <vector>

#include "cpu/program.h"
#include "select/bucket_counts.h"

namespace fm {

/// A number that looks random: what is sampled must not follow a tensor's rows.
inline uint64_t scattered(int64_t number, uint64_t below) {
  return (static_cast<uint64_t>(number) * 0x9e3779b97f4a7c15u >> 32) % below;
}

/// Takes magnitudes until it is full, from many threads at once; allocates nothing then.
class Sample {
 public:
  explicit Sample(int64_t capacity) : _magnitudes(static_cast<size_t>(capacity)) {}
  Sample(Sample&& other) noexcept : _magnitudes(std::move(other._magnitudes)), _taken(other._taken.load()) {}

  void add(const float* values, int64_t count) {
    int64_t at = _taken.fetch_add(count, std::memory_order_relaxed);
    int64_t end = std::min(at + count, static_cast<int64_t>(_magnitudes.size()));
    for (; at < end; ++at) _magnitudes[static_cast<size_t>(at)] = magnitude(*values++);
  }

  /// What was taken, once; no thread may add any more.
  std::vector<uint32_t> release() {
    _magnitudes.resize(std::min(_magnitudes.size(), static_cast<size_t>(_taken)));
    return std::move(_magnitudes);
  }

 private:
  std::vector<uint32_t> _magnitudes;
  std::atomic<int64_t> _taken{0};
};

/// Adds about `wanted` elements from all over a chunk to the samples of the entries. The run is left as it
/// is.
fm_status sample_chunk(const fm_program& program, const fm_run& run, int64_t wanted,
                       std::vector<Sample>& samples, fm_error* error);

}  // namespace fm
#endif
