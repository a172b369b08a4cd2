// Map passes: interpreter and generated kernels of every target against the oracle.
#include <gtest/gtest.h>

#include <bit>
#include <cstring>

#include "checks.h"
#include "sample_programs.h"

namespace fm_test {
namespace {

TEST(Map, EveryOperationMatchesTheOracle) {
  for (const SampleProgram& sample : operation_programs())
    for (const bool wild : {false, true})
      for (const int32_t models : {1, 3, 7})
        EXPECT_EQ(check_map(sample.words,
                            {.models = models, .count = 1300, .first = 77, .output = FM_F32, .wild = wild},
                            wild ? FM_FLAG_COUNT_NONFINITE : 0, 5),
                  "")
            << sample.name;
}

TEST(Map, EveryLengthMatchesTheOracle) {
  const std::vector<SampleProgram> samples = operation_programs();
  for (int64_t count = 0; count <= 257; ++count)
    EXPECT_EQ(check_map(samples.back().words, {.count = count, .first = count}, FM_FLAG_COUNT_NONFINITE, 9),
              "");
}

TEST(Map, UnalignedBuffersMatchTheOracle) {
  const std::vector<SampleProgram> samples = operation_programs();
  for (int misalignment = 0; misalignment < 16; ++misalignment)
    for (int32_t dtype = 0; dtype < FM_DTYPE_COUNT; ++dtype)
      EXPECT_EQ(
          check_map(samples.back().words,
                    {.count = 600, .input = dtype, .output = dtype, .misalignment = misalignment}, 0, 2),
          "");
}

TEST(Map, ManyModelsMatchTheOracle) {
  const std::vector<SampleProgram> samples = operation_programs();
  for (int32_t models = 1; models <= 9; ++models)
    EXPECT_EQ(check_map(samples.back().words, {.models = models, .count = 900}, 0, 4), "");
  EXPECT_EQ(check_map(samples.back().words, {.models = 70, .count = 5000}, 0, 4), "");
}

TEST(Map, RowsHaveTheirOwnUniforms) {
  const std::vector<SampleProgram> samples = operation_programs();
  for (const int64_t row : {1, 7, 64, 1000})
    EXPECT_EQ(check_map(samples.back().words, {.count = 3000, .first = row * 3, .row_length = row}, 0, 4),
              "");
}

TEST(Map, ZeroNonfiniteReadsThemAsZero) {
  const std::vector<SampleProgram> samples = operation_programs();
  for (int32_t dtype = 0; dtype < FM_DTYPE_COUNT; ++dtype)
    EXPECT_EQ(check_map(samples.back().words, {.count = 5000, .input = dtype, .output = FM_F32, .wild = true},
                        FM_FLAG_ZERO_NONFINITE | FM_FLAG_COUNT_NONFINITE, 4),
              "");
}

class CatalogueKernel : public testing::TestWithParam<size_t> {};

TEST_P(CatalogueKernel, MatchesInterpreterAndOracle) {
  const CatalogueProgram& program = catalogue()[GetParam()];
  const struct {
    int32_t input, output;
  } dtypes[] = {{FM_BF16, FM_BF16}, {FM_F16, FM_F16}, {FM_F32, FM_F32}, {FM_BF16, FM_F32}, {FM_F16, FM_BF16}};
  for (int32_t models = 1; models <= 9; ++models)
    for (const auto& d : dtypes)
      for (const bool wild : {false, true})
        ASSERT_EQ(check_map(program.words,
                            {.models = models,
                             .count = 391,
                             .first = 129,
                             .input = d.input,
                             .output = d.output,
                             .wild = wild,
                             .misalignment = models % 3},
                            FM_FLAG_COUNT_NONFINITE, 6),
                  "");
  for (int64_t count = 0; count <= 257; ++count)
    ASSERT_EQ(check_map(program.words, {.models = 3, .count = count, .first = count / 2}, 0, 8), "");
}

INSTANTIATE_TEST_SUITE_P(All, CatalogueKernel, testing::Range<size_t>(0, catalogue().size()),
                         [](const auto& info) {
                           std::string name = catalogue()[info.param].name;
                           for (char& c : name) c = c == '.' ? '_' : c;
                           return name;
                         });
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(CatalogueKernel);

TEST(Catalogue, CommonDtypesAndAnyModelsHaveKernels) {
  if (catalogue().empty()) GTEST_SKIP() << "built without generated kernels";
  for (const CatalogueProgram& p : catalogue())
    for (const std::string& target : targets())
      for (int32_t models = 1; models <= 6; ++models) {
        ASSERT_EQ(fm_target_select(target.c_str(), nullptr), FM_OK);
        std::string problem;
        const Program program = create(p.words, &problem);
        const RunData same(p.words, {.models = models, .count = 10}),
            mixed(p.words, {.models = models, .input = FM_F8_E5M2});
        int32_t generated = -1;
        ASSERT_EQ(fm_map_is_generated(program.get(), &same.run, &generated, nullptr), FM_OK);
        EXPECT_EQ(generated, 1) << p.name << " " << target << " K " << models;
        ASSERT_EQ(fm_map_is_generated(program.get(), &mixed.run, &generated, nullptr), FM_OK);
        // A program of arrays alone has no inputs whose dtype could matter.
        EXPECT_EQ(generated, p.words[4] + p.words[5] == 0 ? 1 : 0) << p.name;
      }
  fm_target_select(nullptr, nullptr);
}

// Cutting a tensor into chunks anywhere gives the bytes of one run.
TEST(Map, ChunksDoNotChangeTheResult) {
  std::vector<std::vector<uint32_t>> programs = {operation_programs().back().words};
  for (const CatalogueProgram& p : catalogue()) programs.push_back(p.words);
  for (const auto& words : programs) {
    std::string problem;
    const Program program = create(words, &problem);
    RunData data(words, {.count = 20000, .first = 1000});
    ASSERT_EQ(fm_map_run(program.get(), &data.run, nullptr), FM_OK);
    const auto whole = data.result();
    for (const int64_t chunk : {1000, 4096, 7777}) {
      data.clear();
      const fm_run run = data.run;
      std::vector<fm_buffer> outputs(run.outputs, run.outputs + words[11]), singles, models;
      for (int64_t at = 0; at < run.element_count; at += chunk) {
        const auto moved = [&](const fm_buffer* buffers, int64_t count) {
          std::vector<fm_buffer> list(buffers, buffers + count);
          for (fm_buffer& b : list) b.data = static_cast<char*>(b.data) + at * size_of(b.dtype);
          return list;
        };
        singles = moved(run.single_inputs, words[4]);
        models = moved(run.model_inputs, run.models);
        outputs = moved(run.outputs, words[11]);
        // Arrays without a period begin at the chunk's first element.
        std::vector<fm_array> arrays(run.arrays, run.arrays + words[14] + words[15] * run.models);
        for (fm_array& array : arrays)
          if (array.period == 0) array.data += at;
        fm_run part = run;
        part.arrays = arrays.data();
        part.first_element += at;
        part.element_count = std::min(chunk, run.element_count - at);
        part.single_inputs = singles.data();
        part.model_inputs = models.data();
        part.outputs = outputs.data();
        ASSERT_EQ(fm_map_run(program.get(), &part, nullptr), FM_OK);
      }
      EXPECT_EQ(data.result(), whole) << "chunks of " << chunk;
    }
  }
}

TEST(Philox, OracleGivesKnownAnswers) {
  using Words = std::array<uint32_t, 4>;
  EXPECT_EQ(philox({0, 0, 0, 0}, 0), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox({~0u, ~0u, ~0u, ~0u}, ~uint64_t{0}),
            (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, 0x299f31d0a4093822),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

// One mask program over a chunk; gives which elements were kept.
std::vector<bool> kept(const fm_random& random, int64_t first, int64_t count) {
  ProgramBuilder b;
  b.randoms = 1;
  b.store(b.add(FM_OP_RANDOM_KEEP, b.load_single()));
  std::string problem;
  const Program program = create(b.words(), &problem);
  std::vector<float> in(count, 1.0f), out(count);
  fm_buffer input = {in.data(), FM_F32, 0, 0}, output = {out.data(), FM_F32, 0, 0};
  fm_run run{};
  run.struct_size = sizeof run;
  run.first_element = first;
  run.element_count = count;
  run.single_inputs = &input;
  run.outputs = &output;
  run.randoms = &random;
  EXPECT_EQ(fm_map_run(program.get(), &run, nullptr), FM_OK);
  std::vector<bool> result;
  for (const float value : out) result.push_back(value != 0);
  return result;
}

TEST(Philox, MasksCompareTheKnownWordWithDrop) {
  const uint32_t words[4] = {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8};
  for (const std::string& target : targets()) {
    ASSERT_EQ(fm_target_select(target.c_str(), nullptr), FM_OK);
    for (int w = 0; w < 4; ++w) {
      EXPECT_TRUE(kept({0, 0, words[w], 0, 0}, w * 16, 1)[0]) << target;
      EXPECT_FALSE(kept({0, 0, words[w] + uint64_t{1}, 0, 0}, w * 16, 1)[0]) << target;
    }
  }
  fm_target_select(nullptr, nullptr);
}

TEST(Philox, MasksMatchTheOracleFarIntoATensorAndForAnyModel) {
  for (const int64_t first : {int64_t{0}, int64_t{63}, int64_t{1} << 34, (int64_t{1} << 35) + 1000003})
    for (const uint32_t model : {0u, 1u, 65535u}) {
      const fm_random random = {0x123456789abcdef0, 0xfedcba9876543210, 0x60000000, model, 0};
      const std::vector<bool> mask = kept(random, first, 500);
      for (int64_t i = 0; i < 500; ++i) ASSERT_EQ(mask[i], keeps(random, first + i)) << first << " + " << i;
    }
}

TEST(Philox, DropZeroKeepsAllAndFullDropKeepsNone) {
  for (const bool value : kept({1, 2, 0, 0, 0}, 5, 300)) EXPECT_TRUE(value);
  for (const bool value : kept({1, 2, uint64_t{1} << 32, 0, 0}, 5, 300)) EXPECT_FALSE(value);
}

}  // namespace
}  // namespace fm_test
