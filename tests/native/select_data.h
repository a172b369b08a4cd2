// select_data.h - magnitudes to select from, and the oracle that a selection is compared with.
#ifndef FASTMERGE_TESTS_SELECT_DATA_H
#define FASTMERGE_TESTS_SELECT_DATA_H
#include <algorithm>
#include <bit>
#include <cstdint>
#include <functional>
#include <limits>
#include <ostream>
#include <random>
#include <vector>

#include "fastmerge.h"

namespace select_data {

inline uint32_t bits(float value) { return std::bit_cast<uint32_t>(value); }
inline uint32_t magnitude(float value) { return bits(value) & 0x7fffffffu; }

inline float as_bf16(float value) {
  uint32_t u = bits(value);
  return std::bit_cast<float>((u + 0x7fffu + ((u >> 16) & 1)) & 0xffff0000u);
}

/// Values of a kind that fine-tuned checkpoints, or unkind people, produce.
enum class Kind { continuous, bf16_deltas, mostly_zero, few_values, one_value, odd_ties, special, any_bits };
constexpr Kind kinds[] = {Kind::continuous, Kind::bf16_deltas, Kind::mostly_zero, Kind::few_values,
                          Kind::one_value,  Kind::odd_ties,    Kind::special,     Kind::any_bits};

inline void PrintTo(Kind kind, std::ostream* out) {
  constexpr const char* names[] = {"continuous", "bf16_deltas", "mostly_zero", "few_values",
                                   "one_value",  "odd_ties",    "special",     "any_bits"};
  *out << names[static_cast<int>(kind)];
}

inline std::vector<float> make(Kind kind, int64_t count, uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  constexpr float infinity = std::numeric_limits<float>::infinity();
  const float special[] = {0.0f,      -0.0f,  infinity, -infinity, 1e-45f, -1e-45f,
                           1.17e-38f, 1e-40f, 3.4e38f,  -3.4e38f,  1.0f,   std::bit_cast<float>(0x7fc00000u),
                           -1.0f,     0.1f,   -0.1f,    2.0f,      1e-40f, std::bit_cast<float>(0xffc00000u)};
  std::vector<float> values(static_cast<size_t>(count));
  for (float& value : values) {
    switch (kind) {
      case Kind::continuous: value = normal(random) * 0.002f; break;
      case Kind::bf16_deltas: {
        float base = as_bf16(normal(random) * 0.02f);
        value = as_bf16(base + normal(random) * 0.0015f) - base;
        break;
      }
      case Kind::mostly_zero:
        value = random() % 20 == 0 ? normal(random) : (random() % 2 ? 0.0f : -0.0f);
        break;
      case Kind::few_values: value = static_cast<float>(static_cast<int>(random() % 7) - 3) * 0.25f; break;
      case Kind::one_value: value = random() % 2 ? 0.5f : -0.5f; break;
      // Equal magnitudes with low bits set, in one bucket.
      case Kind::odd_ties:
        value = std::bit_cast<float>(
            static_cast<uint32_t>(0x3e123001u + (random() % 8 < 7 ? 0 : random() % 0x800)));
        break;
      case Kind::special: value = special[random() % std::size(special)]; break;
      case Kind::any_bits: value = std::bit_cast<float>(static_cast<uint32_t>(random())); break;
    }
  }
  return values;
}

/// The cut by sorting: the definition, without any of the selection's ideas.
inline fm_cut oracle(const std::vector<float>& values, int64_t keep) {
  auto count = static_cast<int64_t>(values.size());
  if (keep <= 0) return {0xffffffffu, 0, 0};
  if (keep >= count) return {0, 0, INT64_MAX};
  std::vector<uint32_t> sorted;
  for (float value : values) sorted.push_back(magnitude(value));
  std::nth_element(sorted.begin(), sorted.begin() + keep - 1, sorted.end(), std::greater<>());
  uint32_t threshold = sorted[static_cast<size_t>(keep - 1)];
  int64_t larger = 0, equal = 0;
  for (float value : values) {
    larger += magnitude(value) > threshold;
    equal += magnitude(value) == threshold;
  }
  int64_t index = INT64_MAX, ties = keep - larger;
  if (ties < equal) {
    for (index = 0; ties > 0; ++index) ties -= magnitude(values[static_cast<size_t>(index)]) == threshold;
  }
  return {threshold, 0, index};
}

inline bool is_within(const fm_cut& cut, float value, int64_t index) {
  uint32_t m = magnitude(value);
  return m > cut.threshold || (m == cut.threshold && index < cut.index);
}

}  // namespace select_data

inline bool operator==(const fm_cut& a, const fm_cut& b) {
  return a.threshold == b.threshold && a.index == b.index && a.reserved == b.reserved;
}
inline void PrintTo(const fm_cut& cut, std::ostream* out) {
  *out << "{" << std::hex << cut.threshold << std::dec << ", " << cut.index << "}";
}
#endif
