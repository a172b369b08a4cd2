#include "select/bucket_counts.h"

#include <cstring>

namespace fm {
namespace {

/// Reads two elements at a time; the bucket is bits 15..30 of each.
template <int Copies>
void count_pairs(const float* values, int32_t count, uint32_t* counts) {
  constexpr int step = Copies < 2 ? 2 : Copies;
  int32_t i = 0;
  for (; i + step <= count; i += step) {
    for (int j = 0; j < step; j += 2) {
      uint64_t pair;
      std::memcpy(&pair, values + i + j, sizeof pair);
      uint64_t first = (pair >> bucket_shift) & 0xffff, second = (pair >> (32 + bucket_shift)) & 0xffff;
      ++counts[first * Copies + static_cast<uint64_t>(j % Copies)];
      ++counts[second * Copies + static_cast<uint64_t>((j + 1) % Copies)];
    }
  }
  for (; i < count; ++i) ++counts[static_cast<uint64_t>(magnitude(values[i]) >> bucket_shift) * Copies];
}

}  // namespace

BucketCounts::BucketCounts(int copies, uint64_t limit)
    : _counts(bucket_total * copies), _copies(copies), _limit(limit) {}

void BucketCounts::make_room(int64_t coming) {
  if (_pending + static_cast<uint64_t>(coming) > _limit) {
    if (!_moved) _moved = Pages<uint64_t>(bucket_total);
    for (int64_t b = 0; b < bucket_total; ++b) {
      for (int64_t c = 0; c < _copies; ++c) {
        _moved[b] += std::exchange(_counts[b * _copies + c], 0);
      }
    }
    _pending = 0;
  }
  _pending += static_cast<uint64_t>(coming);
}

void BucketCounts::add(const float* values, int32_t count) {
  _total += static_cast<uint64_t>(count);
  switch (_copies) {
    case 4: return count_pairs<4>(values, count, _counts.data());
    case 2: return count_pairs<2>(values, count, _counts.data());
    default: return count_pairs<1>(values, count, _counts.data());
  }
}

uint64_t BucketCounts::at(uint32_t bucket) const {
  uint64_t sum = _moved ? _moved[bucket] : 0;
  for (int64_t c = 0; c < _copies; ++c) sum += _counts[int64_t{bucket} * _copies + c];
  return sum;
}

int64_t BucketCounts::bytes(int copies, int64_t element_count) {
  int64_t moved = element_count > int64_t{UINT32_MAX} ? Pages<uint64_t>::bytes(bucket_total) : 0;
  return Pages<uint32_t>::bytes(bucket_total * copies) + moved;
}

}  // namespace fm
