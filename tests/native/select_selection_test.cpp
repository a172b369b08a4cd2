// The selection itself, fed with tiles of any length; select_abi_test.cpp goes through programs.
#include "select/selection.h"

#include <gtest/gtest.h>

#include "select_data.h"
#include "select_driver.h"

namespace {

using fm::Selection;
using namespace select_data;
using namespace select_driver;

class SelectKinds : public testing::TestWithParam<std::tuple<Kind, int64_t>> {};

TEST_P(SelectKinds, CutsAreTheOnesOfSorting) {
  auto [kind, count] = GetParam();
  auto values = make(kind, count, 7);
  std::vector<int64_t> keeps = {1,         2,         count / 100 + 1,    count / 10, count / 5,
                                count / 3, count / 2, count - count / 20, count - 2,  count - 1};
  auto cuts = select(values, keeps);
  ASSERT_EQ(cuts.size(), keeps.size());
  for (size_t r = 0; r < keeps.size(); ++r) {
    EXPECT_EQ(cuts[r], oracle(values, keeps[r])) << "keep " << keeps[r];
    int64_t kept = 0;
    for (int64_t i = 0; i < count; ++i) kept += is_within(cuts[r], values[static_cast<size_t>(i)], i);
    EXPECT_EQ(kept, std::clamp<int64_t>(keeps[r], 0, count));
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, SelectKinds,
                         testing::Combine(testing::ValuesIn(kinds),
                                          testing::Values<int64_t>(3, 1000, 65536, 65537, 300001)));

class SelectReadings : public testing::TestWithParam<Kind> {};

TEST_P(SelectReadings, ChunksOrderAndWorkersDoNotMatter) {
  constexpr int64_t count = 200003;
  auto values = make(GetParam(), count, 11);
  std::vector<int64_t> keeps = {count / 50, count / 5, count / 2, count - count / 7};
  std::vector<fm_cut> expected;
  for (int64_t keep : keeps) expected.push_back(oracle(values, keep));
  const Reading readings[] = {{1 << 20, 256, 1, false, 0}, {1000, 37, 1, false, 5},
                              {4096, 4096, 3, false, 9},   {65536, 1, 2, true, 0},
                              {7777, 256, 8, true, 21},    {100, 33, 4, true, 3}};
  for (const Reading& reading : readings) {
    EXPECT_EQ(select(values, keeps, reading), expected)
        << "chunk " << reading.chunk << " tile " << reading.tile;
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, SelectReadings, testing::ValuesIn(kinds));

TEST(Select, NothingAndEverythingNeedNoCounting) {
  for (int64_t count : {int64_t{0}, int64_t{1}, int64_t{10}, int64_t{70000}}) {
    fm_select_request requests[] = {{0, 0, 0}, {0, 0, -5}, {0, 0, count}, {0, 0, INT64_MAX}};
    Selection selection(1, requests, 4, count, 1);
    ASSERT_EQ(selection.next(nullptr), FM_OK);
    ASSERT_EQ(selection.phase(), Selection::Phase::done);
    EXPECT_EQ(selection.cut(0), (fm_cut{0xffffffffu, 0, 0}));
    EXPECT_EQ(selection.cut(1), (fm_cut{0xffffffffu, 0, 0}));
    EXPECT_EQ(selection.cut(2), count > 0 ? (fm_cut{0, 0, INT64_MAX}) : (fm_cut{0xffffffffu, 0, 0}));
    EXPECT_EQ(selection.cut(3), (fm_cut{0, 0, INT64_MAX}));
  }
}

TEST(Select, EntriesAreIndependent) {
  constexpr int64_t count = 100000;
  std::vector<std::vector<float>> values;
  std::vector<fm_select_request> requests;
  for (int32_t e = 0; e < 5; ++e) {
    values.push_back(make(kinds[e], count, static_cast<uint32_t>(e)));
    if (e == 3) continue;  // nobody asks for this one
    requests.push_back({e, 0, 1000 * (e + 1)});
    requests.push_back({e, 0, count - 777 * (e + 1)});
  }
  auto cuts = Driver(values, requests, {}).run();
  ASSERT_EQ(cuts.size(), requests.size());
  for (size_t r = 0; r < requests.size(); ++r) {
    EXPECT_EQ(cuts[r], oracle(values[static_cast<size_t>(requests[r].entry)], requests[r].keep)) << r;
  }
}

TEST(Select, NanIsLargerThanInfinity) {
  auto values = make(Kind::continuous, 70000, 3);
  values[500] = std::numeric_limits<float>::infinity();
  values[60000] = std::bit_cast<float>(0xffc00000u);
  EXPECT_EQ(select(values, {1})[0], (fm_cut{0x7fc00000u, 0, INT64_MAX}));
  EXPECT_EQ(select(values, {2})[0], (fm_cut{0x7f800000u, 0, INT64_MAX}));
}

TEST(Select, NegativeZeroTiesWithZero) {
  std::vector<float> values(80000, 0.0f);
  for (size_t i = 0; i < values.size(); i += 2) values[i] = -0.0f;
  EXPECT_EQ(select(values, {777})[0], (fm_cut{0, 0, 777}));
}

TEST(Select, ContinuousMagnitudesAreFoundInTwoReadings) {
  auto values = make(Kind::continuous, 1 << 20, 5);
  for (int64_t keep : {10000, 200000, 500000, 900000}) {
    std::vector<std::vector<float>> all = {values};
    Driver driver(all, {{0, 0, keep}}, {});
    EXPECT_EQ(driver.run()[0], oracle(values, keep));
    EXPECT_EQ(driver.readings, 2);
  }
}

TEST(Select, DifferencesOfBf16AreFoundInTwoReadingsAndABlock) {
  std::vector<std::vector<float>> all = {make(Kind::bf16_deltas, 1 << 20, 5)};
  Driver driver(all, {{0, 0, 200000}}, {});
  EXPECT_EQ(driver.run()[0], oracle(all[0], 200000));
  EXPECT_EQ(driver.readings, 3);
  EXPECT_EQ(driver.phases, (std::set{Selection::Phase::refine, Selection::Phase::scan}));
  EXPECT_LE(driver.scanned, 16384);
}

TEST(Select, OddTiesByTheHundredThousandTakeOneMoreReading) {
  std::vector<std::vector<float>> all = {make(Kind::odd_ties, 300000, 5)};
  Driver driver(all, {{0, 0, 100000}}, {});
  EXPECT_EQ(driver.run()[0], oracle(all[0], 100000));
  EXPECT_EQ(driver.phases,
            (std::set{Selection::Phase::refine, Selection::Phase::ties, Selection::Phase::scan}));
}

TEST(Select, SmallTensorsAreReadOnce) {
  std::vector<std::vector<float>> all = {make(Kind::bf16_deltas, 65536, 5)};
  Driver driver(all, {{0, 0, 10000}, {0, 0, 60000}}, {});
  driver.run();
  EXPECT_EQ(driver.readings, 1);
}

TEST(Select, RandomSizesAndDensities) {
  std::mt19937 random(99);
  for (int round = 0; round < 60; ++round) {
    auto count = static_cast<int64_t>(1 + random() % 150000);
    auto values = make(kinds[random() % std::size(kinds)], count, static_cast<uint32_t>(random()));
    std::vector<int64_t> keeps;
    for (int r = 0; r < 3; ++r)
      keeps.push_back(static_cast<int64_t>(random() % static_cast<uint64_t>(count + 2)));
    Reading reading = {static_cast<int64_t>(1 + random() % 50000), static_cast<int32_t>(1 + random() % 600),
                       static_cast<int32_t>(1 + random() % 4), false, static_cast<uint32_t>(random())};
    auto cuts = select(values, keeps, reading);
    ASSERT_EQ(cuts.size(), 3u);
    for (size_t r = 0; r < 3; ++r) ASSERT_EQ(cuts[r], oracle(values, keeps[r])) << "round " << round;
  }
}

TEST(Select, MissingElementsAreAnError) {
  for (int64_t count : {int64_t{1000}, int64_t{100000}}) {
    auto values = make(Kind::continuous, count, 1);
    fm_select_request request = {0, 0, 10};
    Selection selection(1, &request, 1, count, 2);
    selection.open(0, count - 1);
    EXPECT_TRUE(selection.take(0, 0, 0, values.data(), static_cast<int32_t>(count - 1)));
    fm_error error = {};
    EXPECT_EQ(selection.next(&error), FM_INVALID_ARGUMENT);
    EXPECT_EQ(error.text, "fm_select_next: " + std::to_string(count - 1) +
                              " elements of histogram entry 0 were read, all " + std::to_string(count) +
                              " are needed once");
  }
}

/// Reads these values in the first readings and others from then on; what next says in the end.
fm_status select_changing(const std::vector<float>& before, const std::vector<float>& after,
                          int readings_before, int64_t keep) {
  auto count = static_cast<int64_t>(before.size());
  fm_select_request request = {0, 0, keep};
  Selection selection(1, &request, 1, count, 1);
  fm_status status = FM_OK;
  for (int reading = 0; status == FM_OK && selection.phase() != Selection::Phase::done; ++reading) {
    const auto& values = reading < readings_before ? before : after;
    selection.open(0, count);
    EXPECT_TRUE(selection.take(0, 0, 0, values.data(), static_cast<int32_t>(count)));
    status = selection.next(nullptr);
  }
  return status;
}

TEST(Select, ValuesThatChangeBetweenReadingsAreAnError) {
  auto before = make(Kind::odd_ties, 300000, 5);
  std::vector<float> after(before.size(), 1.0f);
  for (int readings_before : {1, 2, 3}) {
    EXPECT_EQ(select_changing(before, after, readings_before, 100000), FM_INPUT_CHANGED) << readings_before;
  }
  EXPECT_EQ(select_changing(before, after, 4, 100000), FM_OK);
  auto coarse = make(Kind::few_values, 300000, 5);
  for (int readings_before : {1, 2}) {
    EXPECT_EQ(select_changing(coarse, before, readings_before, 100000), FM_INPUT_CHANGED) << readings_before;
  }
}

TEST(Select, ScanOutOfOrderIsRefused) {
  constexpr int64_t count = 300000;
  std::vector<float> values(count, 0.5f);
  fm_select_request request = {0, 0, 100000};
  Selection selection(1, &request, 1, count, 1);
  for (auto phase : {Selection::Phase::count, Selection::Phase::refine}) {
    ASSERT_EQ(selection.phase(), phase);
    selection.open(0, count);
    ASSERT_TRUE(selection.take(0, 0, 0, values.data(), count));
    ASSERT_EQ(selection.next(nullptr), FM_OK);
  }
  ASSERT_EQ(selection.phase(), Selection::Phase::scan);
  auto range = selection.range();
  EXPECT_LE(range.first, 99999);
  EXPECT_GT(range.first + range.count, 99999);
  EXPECT_FALSE(selection.take(0, 0, range.first + 5, values.data(), 100));
  EXPECT_FALSE(selection.take(0, 1, range.first, values.data(), 100)) << "there is no entry 1";
  EXPECT_EQ(selection.next(nullptr), FM_INPUT_CHANGED) << "the scan is not complete";
  EXPECT_TRUE(selection.take(0, 0, 0, values.data(), count)) << "more than the range is fine";
  ASSERT_EQ(selection.next(nullptr), FM_OK);
  EXPECT_EQ(selection.cut(0), (fm_cut{select_data::bits(0.5f), 0, 100000}));
}

TEST(SelectBucketCounts, MoveToWiderCountersBeforeTheyOverflow) {
  auto values = make(Kind::few_values, 1000, 4);
  for (int copies : {1, 2, 4}) {
    fm::BucketCounts narrow(copies, 2500), wide(copies);
    for (int round = 0; round < 11; ++round) {
      narrow.make_room(1000);
      narrow.add(values.data(), 1000);
      wide.add(values.data(), 1000);
    }
    EXPECT_EQ(narrow.total(), 11000u);
    uint64_t sum = 0;
    for (uint32_t b = 0; b < fm::bucket_total; ++b) {
      ASSERT_EQ(narrow.at(b), wide.at(b));
      sum += narrow.at(b);
    }
    EXPECT_EQ(sum, 11000u);
  }
}

TEST(SelectBlocks, AreAlignedAndFew) {
  for (int64_t count : {int64_t{0}, int64_t{1}, int64_t{65537}, int64_t{1} << 24, (int64_t{1} << 33) + 1}) {
    fm::Blocks blocks(count);
    EXPECT_EQ(blocks.size % 4096, 0);
    EXPECT_GE(blocks.size * blocks.count, count);
    EXPECT_LE(blocks.count, 1024);
    EXPECT_LT(blocks.size * (blocks.count - 1), std::max<int64_t>(count, 1));
  }
}

}  // namespace
