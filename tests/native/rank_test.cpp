// Ranks in rows against a stable sort.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <numeric>

#include "checks.h"
#include "program_builder.h"

namespace fm_test {
namespace {

// Ranks |model - base| of each model, and |base|.
std::vector<uint32_t> differences() {
  ProgramBuilder b;
  const uint32_t base = b.load_single();
  b.begin_loop();
  const uint32_t delta = b.add(FM_OP_SUB, b.load_model(), base);
  b.histogram(delta);
  b.end_loop();
  b.histogram(base);
  return b.words();
}

std::vector<float> ranks_by_sorting(const std::vector<uint32_t>& words, const fm_run& run) {
  const int64_t n = run.element_count;
  std::vector<float> ranks((run.models + 1) * n, 0.0f);
  std::vector<uint32_t> magnitudes(ranks.size());
  for (int64_t i = 0; i < n; ++i)
    for (const auto& [entry, value] : run_element(words, run, i, false).histograms)
      magnitudes[entry * n + i] = value != value ? 0x7fc00000u : std::bit_cast<uint32_t>(value) & 0x7fffffffu;
  for (int64_t entry = 0; entry <= run.models; ++entry)
    for (int64_t at = 0; at < n; at += run.row_length) {
      std::vector<int64_t> order(run.row_length);
      std::iota(order.begin(), order.end(), entry * n + at);
      std::stable_sort(order.begin(), order.end(),
                       [&](int64_t x, int64_t y) { return magnitudes[x] < magnitudes[y]; });
      for (int64_t r = 0; r < run.row_length; ++r) ranks[order[r]] = static_cast<float>(r + 1);
    }
  return ranks;
}

TEST(Rank, MatchesAStableSortOfEachRow) {
  const std::vector<uint32_t> words = differences();
  std::string problem;
  const Program program = create(words, &problem);
  ASSERT_TRUE(program) << problem;
  for (const int64_t row : {1, 2, 7, 31, 32, 33, 64, 257, 5003})
    for (const int32_t dtype : {FM_BF16, FM_F32, FM_F8_E4M3})
      for (const bool wild : {false, true}) {
        RunData data(words, {.count = row * 3, .first = row * 5, .input = dtype, .wild = wild});
        data.run.row_length = row;
        data.run.row_stride = 0;
        const std::vector<float> expected = ranks_by_sorting(words, data.run);
        for (const std::string& target : targets()) {
          ASSERT_EQ(fm_target_select(target.c_str(), nullptr), FM_OK);
          std::vector<float> ranks(expected.size(), 0.0f);
          const auto room = static_cast<int64_t>(ranks.size());
          fm_error error{};
          ASSERT_EQ(fm_rank_run(program.get(), &data.run, ranks.data(), room, &error), FM_OK) << error.text;
          ASSERT_EQ(ranks, expected) << target << " row " << row << " dtype " << dtype;
        }
      }
  fm_target_select(nullptr, nullptr);
}

TEST(Rank, RefusesPartsOfRowsAndTooLittleRoom) {
  const std::vector<uint32_t> words = differences();
  std::string problem;
  const Program program = create(words, &problem);
  RunData data(words, {.count = 100});
  std::vector<float> ranks(400);
  fm_error error{};
  EXPECT_EQ(fm_rank_run(program.get(), &data.run, ranks.data(), 400, &error), FM_INVALID_ARGUMENT);
  data.run.row_length = 30;
  EXPECT_EQ(fm_rank_run(program.get(), &data.run, ranks.data(), 400, &error), FM_INVALID_ARGUMENT);
  EXPECT_NE(std::strstr(error.text, "whole rows of 30"), nullptr) << error.text;
  data.run.row_length = 50;
  EXPECT_EQ(fm_rank_run(program.get(), &data.run, ranks.data(), 399, &error), FM_INVALID_ARGUMENT);
  EXPECT_EQ(fm_rank_run(program.get(), &data.run, ranks.data(), 400, &error), FM_OK) << error.text;
  EXPECT_GE(fm_rank_bytes(50), 50 * 16);
}

}  // namespace
}  // namespace fm_test
