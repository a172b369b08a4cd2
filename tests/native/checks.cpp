#include "checks.h"

#include <cmath>
#include <cstring>

#if defined(FM_HAS_CATALOGUE)
#include "fm_programs.inl"
#endif

namespace fm_test {
namespace {

std::string describe(const Shape& s, const std::string& target, uint32_t flags) {
  return target + " flags " + std::to_string(flags) + " K " + std::to_string(s.models) + " n " +
         std::to_string(s.count) + " first " + std::to_string(s.first) + " dtypes " +
         std::to_string(s.input) + "->" + std::to_string(s.output) + " rows " + std::to_string(s.row_length) +
         ": ";
}

std::string first_difference(const std::vector<unsigned char>& expected,
                             const std::vector<unsigned char>& got) {
  for (size_t i = 0; i < expected.size(); ++i)
    if (expected[i] != got[i])
      return "output byte " + std::to_string(i) + " of " + std::to_string(expected.size()) + " is " +
             std::to_string(got[i]) + ", expected " + std::to_string(expected[i]);
  return "";
}

// Fills the outputs and counts as the oracle has them.
void run_oracle(const std::vector<uint32_t>& words, RunData& data) {
  data.clear();
  for (int64_t i = 0; i < data.run.element_count; ++i) run_element(words, data.run, i, true);
  if (!(data.run.flags & FM_FLAG_COUNT_NONFINITE)) return;
  const auto count = [&](fm_buffer* buffers, int64_t number) {
    for (int64_t b = 0; b < number; ++b)
      for (int64_t i = 0; i < data.run.element_count; ++i)
        buffers[b].nonfinite += is_nonfinite(
            buffers[b].dtype, static_cast<char*>(buffers[b].data) + i * size_of(buffers[b].dtype));
  };
  count(data.run.single_inputs, words[4]);
  count(data.run.model_inputs, words[5] ? data.run.models : 0);
  count(data.run.outputs, words[11]);
}

bool same_double(double a, double b) {
  return std::memcmp(&a, &b, sizeof a) == 0 || (std::isnan(a) && std::isnan(b));
}

}  // namespace

const std::vector<CatalogueProgram>& catalogue() {
  static const std::vector<CatalogueProgram> programs = [] {
    std::vector<CatalogueProgram> all;
#if defined(FM_HAS_CATALOGUE)
    for (const fm_program_words& p : fm_programs) all.push_back({p.name, {p.words, p.words + p.count}});
#endif
    return all;
  }();
  return programs;
}

Program create(const std::vector<uint32_t>& words, std::string* problem) {
  fm_program* program = nullptr;
  fm_error error{};
  if (fm_program_create(words.data(), static_cast<int64_t>(words.size()), &program, &error) != FM_OK)
    *problem = error.text;
  return Program(program);
}

namespace {

// A program, its data, and what the oracle makes of them.
struct OracleMap {
  std::string problem;
  const Program program;
  RunData data;
  std::vector<unsigned char> expected;
  std::vector<int64_t> expected_counts;

  OracleMap(const std::vector<uint32_t>& words, const Shape& shape, uint32_t flags, uint32_t seed)
      : program(create(words, &problem)), data(words, shape, seed) {
    if (!program) return;
    data.run.flags = flags;
    run_oracle(words, data);
    expected = data.result();
    expected_counts = data.counts();
  }

  // What differs after a run of the library; "" if nothing does.
  template <class Run>
  std::string compare(const Run& run) {
    data.clear();
    fm_error error{};
    if (run(program.get(), &data.run, &error) != FM_OK) return error.text;
    const std::string different = first_difference(expected, data.result());
    if (!different.empty()) return different;
    return data.counts() == expected_counts ? "" : "counts of non-finite elements differ";
  }
};

}  // namespace

std::string check_map(const std::vector<uint32_t>& words, const Shape& shape, uint32_t flags, uint32_t seed) {
  OracleMap oracle(words, shape, flags, seed);
  std::string problem = oracle.problem;
  for (const std::string& target : targets()) {
    fm_target_select(target.c_str(), nullptr);
    for (const uint32_t how : {uint32_t{FM_FLAG_INTERPRET}, 0u}) {
      if (!problem.empty()) continue;
      oracle.data.run.flags = flags | how;
      problem = oracle.compare(fm_map_run);
      if (!problem.empty()) problem = describe(shape, target, flags | how) + problem;
    }
  }
  fm_target_select(nullptr, nullptr);
  return problem;
}

std::string check_device_map(fm_device* device, const std::vector<uint32_t>& words, const Shape& shape,
                             uint32_t flags, uint32_t seed) {
  OracleMap oracle(words, shape, flags, seed);
  if (!oracle.problem.empty()) return oracle.problem;
  const std::string problem = oracle.compare([&](const fm_program* program, fm_run* run, fm_error* error) {
    return fm_device_map_run(device, program, run, error);
  });
  return problem.empty() ? problem : describe(shape, "device", flags) + problem;
}

std::string check_reduce(const std::vector<uint32_t>& words, const Shape& shape, uint32_t seed) {
  std::string problem;
  const Program program = create(words, &problem);
  if (!program) return problem;
  RunData data(words, shape, seed);
  const int64_t rows = shape.row_length ? shape.count / shape.row_length : 1;
  std::vector<double> expected;
  for (int64_t row = 0; row < rows; ++row) {
    const int64_t begin = row * shape.row_length,
                  end = shape.row_length ? begin + shape.row_length : shape.count;
    for (const double sum : reduce_range(words, data.run, begin, end)) expected.push_back(sum);
  }
  for (const std::string& target : targets()) {
    fm_target_select(target.c_str(), nullptr);
    std::vector<double> sums(expected.size());
    fm_error error{};
    if (fm_reduce_run(program.get(), &data.run, sums.data(), static_cast<int64_t>(sums.size()), &error) !=
        FM_OK)
      problem = error.text;
    for (size_t i = 0; i < sums.size() && problem.empty(); ++i)
      if (!same_double(sums[i], expected[i]))
        problem = "sum " + std::to_string(i) + " is " + std::to_string(sums[i]) + ", expected " +
                  std::to_string(expected[i]);
    if (!problem.empty()) return fm_target_select(nullptr, nullptr), describe(shape, target, 0) + problem;
  }
  fm_target_select(nullptr, nullptr);
  return "";
}

}  // namespace fm_test
