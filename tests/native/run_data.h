// run_data.h - random buffers and side values for a run of any program.
#ifndef FASTMERGE_TESTS_RUN_DATA_H
#define FASTMERGE_TESTS_RUN_DATA_H
#include <bit>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "fastmerge.h"
#include "oracle.h"

namespace fm_test {

struct Shape {
  int32_t models = 3;
  int64_t count = 257;
  int64_t first = 0;
  int32_t input = FM_BF16, output = FM_BF16;
  int64_t row_length = 0;
  bool wild = false;  // arbitrary bit patterns: NaN, Inf, denormal numbers
  int misalignment = 0;
};

// Owns everything an fm_run points to.
class RunData {
 public:
  RunData(const std::vector<uint32_t>& words, const Shape& shape, uint32_t seed = 1)
      : shape_(shape), random_(seed) {
    const int32_t models = words[5] ? shape.models : 0;
    add_inputs(singles_, static_cast<int32_t>(words[4]), shape.input, 0.02f);
    add_inputs(models_, models, shape.input, 0.02f);
    for (uint32_t o = 0; o < words[11]; ++o) add_buffer(outputs_, shape.output);
    const int32_t step = shape.models > 0 ? shape.models : 1;
    const int64_t rows = shape.row_length ? (shape.count + shape.row_length - 1) / shape.row_length + 1 : 1;
    const int64_t block = words[6] + static_cast<int64_t>(words[7]) * shape.models;
    for (int64_t i = 0; i < rows * (block + 1); ++i) uniforms_.push_back(0.2f + 0.8f * unit());
    for (uint32_t c = 0; c < words[8] * step; ++c) add_cut(c);
    for (uint32_t r = 0; r < words[9] * step; ++r)
      randoms_.push_back({random_(), random_() | uint64_t{random_()} << 32, random_(), r % 7, 0});
    for (uint32_t a = 0; a < words[14]; ++a) add_array(a);
    for (uint32_t a = 0; a < words[15] * shape.models; ++a) add_array(a);
    run = {};
    run.struct_size = sizeof run;
    run.models = models;
    run.first_element = shape.first;
    run.element_count = shape.count;
    run.single_inputs = singles_.data();
    run.model_inputs = models_.data();
    run.outputs = outputs_.data();
    run.uniforms = uniforms_.data();
    run.row_length = shape.row_length;
    run.row_stride = block + 1;
    run.cuts = cuts_.data();
    run.randoms = randoms_.data();
    run.arrays = arrays_.data();
  }
  RunData(const RunData&) = delete;

  // All bytes around and in the outputs, and the counts of non-finite elements.
  std::vector<unsigned char> result() const {
    std::vector<unsigned char> all;
    for (size_t i = 0; i < storage_.size(); ++i)
      if (is_output_[i]) all.insert(all.end(), storage_[i].begin(), storage_[i].end());
    return all;
  }
  std::vector<int64_t> counts() const {
    std::vector<int64_t> all;
    for (const auto* list : {&singles_, &models_, &outputs_})
      for (const fm_buffer& b : *list) all.push_back(b.nonfinite);
    return all;
  }
  void clear() {
    for (size_t i = 0; i < storage_.size(); ++i)
      if (is_output_[i]) storage_[i].assign(storage_[i].size(), 0xcd);
    for (auto* list : {&singles_, &models_, &outputs_})
      for (fm_buffer& b : *list) b.nonfinite = 0;
  }

  fm_run run;
  std::vector<fm_cut>& cuts() { return cuts_; }
  std::vector<fm_random>& randoms() { return randoms_; }
  std::vector<float>& uniforms() { return uniforms_; }

 private:
  static constexpr int kPad = 64;

  float unit() { return static_cast<float>(random_() >> 8) * 0x1p-24f; }

  char* add_buffer(std::vector<fm_buffer>& list, int32_t dtype, bool output = true) {
    const int64_t bytes = shape_.count * size_of(dtype);
    storage_.emplace_back(bytes + 2 * kPad + shape_.misalignment, 0xcd);
    is_output_.push_back(output);
    char* data = reinterpret_cast<char*>(storage_.back().data()) + kPad + shape_.misalignment;
    list.push_back({data, dtype, 0, 0});
    return data;
  }

  void add_inputs(std::vector<fm_buffer>& list, int32_t count, int32_t dtype, float scale) {
    for (int32_t input = 0; input < count; ++input) {
      char* data = add_buffer(list, dtype, false);
      for (int64_t i = 0; i < shape_.count; ++i) {
        char* element = data + i * size_of(dtype);
        // Coarse values, so that differences tie, are zero and agree in sign often enough.
        encode(dtype, scale * static_cast<float>(static_cast<int>(random_() % 257) - 128), element);
        if (shape_.wild && random_() % 4 == 0)
          for (int64_t b = 0; b < size_of(dtype); ++b) element[b] = static_cast<char>(random_());
        if (shape_.wild && random_() % 4 == 0) encode(dtype, special(), element);
      }
    }
  }

  float special() {
    constexpr uint32_t kSpecial[] = {0x7f800000, 0xff800000, 0x7fc00000, 0xffc12345, 0,          0x80000000,
                                     1,          0x80000001, 0x007fffff, 0x7f7fffff, 0x33800000, 0xb8000000};
    return std::bit_cast<float>(kSpecial[random_() % std::size(kSpecial)]);
  }

  // Values from below 0 to above 1, now of the chunk, now of a period.
  void add_array(uint32_t a) {
    const int64_t period = a % 2 ? 0 : 61 + 4100 * (a % 4);
    std::vector<float>& values = array_values_.emplace_back();
    for (int64_t i = 0; i < (period ? period : shape_.count) + 1; ++i)
      values.push_back(random_() % 8 ? 1.2f * unit() - 0.1f : unit() * 0x1p-30f);
    arrays_.push_back({values.data(), period});
  }

  void add_cut(uint32_t c) {
    const float threshold = 0.02f * static_cast<float>(random_() % 128);
    fm_cut cut = {std::bit_cast<uint32_t>(threshold), 0,
                  shape_.first + static_cast<int64_t>(random_() % 300)};
    if (c % 5 == 3) cut = {0, 0, INT64_MAX};
    if (c % 5 == 4) cut = {0xffffffffu, 0, 0};
    cuts_.push_back(cut);
  }

  const Shape shape_;
  std::mt19937 random_;
  std::vector<std::vector<unsigned char>> storage_;
  std::vector<bool> is_output_;
  std::vector<fm_buffer> singles_, models_, outputs_;
  std::vector<float> uniforms_;
  std::vector<fm_cut> cuts_;
  std::vector<fm_random> randoms_;
  std::vector<std::vector<float>> array_values_;
  std::vector<fm_array> arrays_;
};

// The names of this machine's targets.
inline std::vector<std::string> targets() {
  char text[128];
  int32_t needed = 0;
  std::vector<std::string> names;
  if (fm_target_list(text, sizeof text, &needed, nullptr) != FM_OK) return names;
  std::string name;
  for (const char* c = text;; ++c) {
    if (*c && *c != ' ') {
      name += *c;
      continue;
    }
    names.push_back(name);
    name.clear();
    if (!*c) return names;
  }
}

}  // namespace fm_test
#endif
