// Reductions against the tree written out in the oracle.
#include <gtest/gtest.h>

#include <cstring>
#include <limits>

#include "checks.h"
#include "sample_programs.h"

namespace fm_test {
namespace {

// A run over a part of the elements of another, which uses no arrays.
struct ChunkOf {
  ChunkOf(const RunData& data, int64_t first, int64_t count)
      : run(data.run), models(run.model_inputs, run.model_inputs + run.models) {
    if (run.single_inputs) single = run.single_inputs[0];
    single.data = static_cast<char*>(single.data) + first * size_of(single.dtype);
    for (fm_buffer& b : models) b.data = static_cast<char*>(b.data) + first * size_of(b.dtype);
    run.single_inputs = &single;
    run.model_inputs = models.data();
    run.first_element += first;
    run.element_count = count;
  }
  fm_run run;
  fm_buffer single{};
  std::vector<fm_buffer> models;
};

TEST(Reduce, MatchesTheTreeForAnyLength) {
  for (const SampleProgram& sample : reduction_programs())
    for (const int64_t count : {1, 15, 16, 17, 255, 4095, 4096, 4097, 3 * 4096, 5 * 4096 + 1, 7 * 4096 - 3})
      EXPECT_EQ(check_reduce(sample.words, {.count = count}, 3), "") << sample.name;
}

TEST(Reduce, MatchesTheTreeForAnyNumberOfModels) {
  for (const SampleProgram& sample : reduction_programs())
    for (int32_t models = 1; models <= 9; ++models)
      for (const int32_t dtype : {FM_BF16, FM_F32, FM_F8_E4M3})
        EXPECT_EQ(
            check_reduce(sample.words, {.models = models, .count = 5001, .first = 8192, .input = dtype}, 3),
            "")
            << sample.name;
}

TEST(Reduce, NonfiniteInputsGiveTheTreesNonfiniteSums) {
  for (const SampleProgram& sample : reduction_programs())
    EXPECT_EQ(check_reduce(sample.words, {.count = 9000, .input = FM_F32, .wild = true}, 3), "")
        << sample.name;
}

TEST(Reduce, RowsAreSummedEachByItself) {
  for (const SampleProgram& sample : reduction_programs())
    for (const int64_t row : {1, 33, 700, 5000})
      EXPECT_EQ(check_reduce(sample.words, {.count = row * 4, .first = row * 3, .row_length = row}, 3), "")
          << sample.name;
}

TEST(Reduce, JoinedRowsHaveTheSumsOfTheWholeAndUniformsOfTheirOwn) {
  ProgramBuilder b;
  const uint32_t scaled = b.add(FM_OP_MUL, b.load_single(), b.uniform());
  b.reduce(FM_OP_REDUCE_SUM, scaled);
  const std::vector<uint32_t> words = b.words();
  std::string problem;
  const Program program = create(words, &problem);
  for (const int64_t row : {1, 33, 700, 5000}) {
    RunData data(words, {.count = row * 4, .input = FM_F32, .row_length = row});
    data.run.flags = FM_FLAG_JOIN_ROWS;
    double sum = 0;
    ASSERT_EQ(fm_reduce_run(program.get(), &data.run, &sum, 1, nullptr), FM_OK);
    EXPECT_EQ(sum, reduce_range(words, data.run, 0, row * 4)[0]) << row;
  }
}

// Any chunks, even ones that begin inside a row, add to the columns in index order.
TEST(Reduce, ColumnsAreReducedInIndexOrder) {
  for (const SampleProgram& sample : reduction_programs())
    for (const int64_t columns : {1, 7, 130, 5000})
      for (const bool wild : {false, true}) {
        std::string problem;
        const Program program = create(sample.words, &problem);
        RunData data(sample.words, {.count = columns * 5, .input = FM_F32, .wild = wild});
        data.run.row_length = columns;
        const std::vector<double> expected = reduce_columns(sample.words, data.run);
        const auto size = static_cast<int64_t>(expected.size());
        for (const std::string& target : targets())
          for (const int64_t chunk : {columns * 5, columns, int64_t{37}}) {
            ASSERT_EQ(fm_target_select(target.c_str(), nullptr), FM_OK);
            std::vector<double> values(expected.size(), 5.0);
            for (int64_t at = 0; at < columns * 5; at += chunk) {
              ChunkOf part(data, at, std::min(chunk, columns * 5 - at));
              ASSERT_EQ(fm_reduce_columns_run(program.get(), &part.run, values.data(), size, nullptr), FM_OK);
            }
            for (size_t v = 0; v < expected.size(); ++v)
              ASSERT_TRUE(values[v] == expected[v] || (values[v] != values[v] && expected[v] != expected[v]))
                  << sample.name << " " << target << " columns " << columns << " value " << v << ": "
                  << values[v] << ", not " << expected[v];
          }
      }
  fm_target_select(nullptr, nullptr);
}

// Aligned chunks of 4096 * 2^m elements, added pairwise, give the sums of one run.
TEST(Reduce, AlignedChunksAddUpToTheWhole) {
  const std::vector<uint32_t> words = reduction_programs()[1].words;
  std::string problem;
  const Program program = create(words, &problem);
  RunData data(words, {.count = 4 * 8192});
  std::vector<double> whole(6);
  ASSERT_EQ(fm_reduce_run(program.get(), &data.run, whole.data(), 6, nullptr), FM_OK);
  std::vector<std::vector<double>> parts;
  for (int64_t at = 0; at < 4 * 8192; at += 8192) {
    fm_run run = data.run;
    std::vector<fm_buffer> models(run.model_inputs, run.model_inputs + run.models);
    for (fm_buffer& b : models) b.data = static_cast<char*>(b.data) + at * size_of(b.dtype);
    run.model_inputs = models.data();
    run.first_element = at;
    run.element_count = 8192;
    parts.emplace_back(6);
    ASSERT_EQ(fm_reduce_run(program.get(), &run, parts.back().data(), 6, nullptr), FM_OK);
  }
  for (int v = 0; v < 6; ++v)
    EXPECT_EQ((parts[0][v] + parts[1][v]) + (parts[2][v] + parts[3][v]), whole[v]) << v;
}

TEST(Reduce, NoElementsSumToZero) {
  const std::vector<uint32_t> words = reduction_programs()[1].words;
  std::string problem;
  const Program program = create(words, &problem);
  RunData data(words, {.count = 0});
  std::vector<double> sums(6, 1.0);
  ASSERT_EQ(fm_reduce_run(program.get(), &data.run, sums.data(), 6, nullptr), FM_OK);
  EXPECT_EQ(sums, std::vector<double>(6, 0.0));
}

TEST(Reduce, CountsOfValuesFollowTheSinks) {
  std::string problem;
  const Program program = create(reduction_programs()[0].words, &problem);
  int64_t count = 0;
  ASSERT_EQ(fm_program_reductions(program.get(), 5, &count, nullptr), FM_OK);
  EXPECT_EQ(count, 4 * 5 + 15 + 1 + 1 + 1);
  std::vector<uint8_t> maxima(count);
  ASSERT_EQ(fm_program_maxima(program.get(), 5, maxima.data(), count, nullptr), FM_OK);
  for (int64_t v = 0; v < count; ++v) EXPECT_EQ(maxima[v], (v >= 15 && v < 20) || v == 37) << v;
}

TEST(Reduce, RefusesStartsInsideALeafAndTooLittleRoom) {
  const std::vector<uint32_t> words = reduction_programs()[1].words;
  std::string problem;
  const Program program = create(words, &problem);
  RunData data(words, {.count = 100, .first = 16});
  std::vector<double> sums(6);
  fm_error error{};
  EXPECT_EQ(fm_reduce_run(program.get(), &data.run, sums.data(), 6, &error), FM_INVALID_ARGUMENT);
  EXPECT_NE(std::strstr(error.text, "4096"), nullptr) << error.text;
  data.run.first_element = 0;
  EXPECT_EQ(fm_reduce_run(program.get(), &data.run, sums.data(), 5, &error), FM_INVALID_ARGUMENT);
  data.run.row_length = 30;
  EXPECT_EQ(fm_reduce_run(program.get(), &data.run, sums.data(), 6, &error), FM_INVALID_ARGUMENT);
  EXPECT_EQ(fm_reduce_columns_run(program.get(), &data.run, sums.data(), 6, &error), FM_INVALID_ARGUMENT);
  EXPECT_NE(std::strstr(error.text, "30 columns"), nullptr) << error.text;
}

}  // namespace
}  // namespace fm_test
