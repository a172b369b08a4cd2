// Readings that go by a sample: right or wrong, the cuts are the ones of sorting.
#include "select/window.h"

#include <gtest/gtest.h>

#include <cmath>
#include <sstream>
#include <thread>

#include "cpu/targets.h"
#include "select_data.h"
#include "select_driver.h"
#include "select_programs.h"

namespace {

using namespace select_data;
using namespace select_driver;
using namespace select_programs;
using fm::Window;

constexpr int64_t count = 200003;

std::vector<float> part_of(const std::vector<float>& values, size_t size, float factor = 1) {
  std::vector<float> part;
  for (size_t i = 0; i < size; ++i) part.push_back(values[i * (values.size() / size)] * factor);
  return part;
}

class SelectSamples : public testing::TestWithParam<Kind> {};

TEST_P(SelectSamples, NoSampleChangesACut) {
  auto values = make(GetParam(), count, 11);
  std::vector<std::vector<float>> samples = {part_of(values, 3000)};
  for (float factor : {0.85f, 1.15f, 0.05f, 30.0f}) samples.push_back(part_of(values, 3000, factor));
  for (Kind kind : kinds) samples.push_back(make(kind, 3000, 5));
  samples.emplace_back(3000, 0.0f);
  samples.emplace_back(3000, std::numeric_limits<float>::quiet_NaN());
  samples.emplace_back(3000, std::numeric_limits<float>::max());
  for (std::vector<int64_t> keeps :
       {std::vector<int64_t>{1, count / 5}, {count / 2, count - 1}, {count - 9999}}) {
    for (const auto& sample : samples) {
      for (Reading reading : {Reading{1 << 20, 1024, 1, false, 0}, Reading{7777, 300, 5, true, 21}}) {
        reading.sample = &sample;
        std::vector<fm_select_request> requests;
        for (int64_t keep : keeps) requests.push_back({0, 0, keep});
        auto cuts = select(values, keeps, reading);
        ASSERT_EQ(cuts.size(), keeps.size());
        for (size_t r = 0; r < keeps.size(); ++r) {
          ASSERT_EQ(cuts[r], oracle(values, keeps[r]))
              << "keep " << keeps[r] << " sample " << &sample - &samples[0];
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, SelectSamples, testing::ValuesIn(kinds));

TEST(SelectWindow, EntriesMissAndHitTheirWindowsIndependently) {
  std::vector<std::vector<float>> values;
  std::vector<fm_select_request> requests;
  for (int32_t e = 0; e < 4; ++e) {
    values.push_back(make(e % 2 ? Kind::bf16_deltas : Kind::continuous, count, static_cast<uint32_t>(e)));
    for (float& value : values.back()) value *= e < 2 ? 1.0f : 0.125f;
    requests.push_back({e, 0, count / 5});
    requests.push_back({e, 0, e == 0 ? count / 3 : count});
  }
  auto sample = part_of(values[1], 3000);
  Reading reading;
  reading.sample = &sample;
  Driver driver(values, requests, reading);
  auto cuts = driver.run();
  ASSERT_EQ(cuts.size(), requests.size());
  for (size_t r = 0; r < requests.size(); ++r) {
    EXPECT_EQ(cuts[r], oracle(values[static_cast<size_t>(requests[r].entry)], requests[r].keep)) << r;
  }
  EXPECT_TRUE(driver.phases.contains(Selection::Phase::window)) << "of entries 2 and 3";
  EXPECT_FALSE(driver.phases.contains(Selection::Phase::count));
}

/// What a selection over whole tensors through the C ABI asked for.
struct Outcome {
  std::vector<fm_cut> cuts;
  int whole_readings = 0;
  int64_t scanned = 0;
};

Outcome select_tensors(const Program& program, const void* base, const std::vector<const void*>& models,
                       int32_t dtype, int64_t elements, int64_t keep, int32_t workers, int64_t chunk) {
  auto entries = static_cast<int32_t>(std::max<size_t>(1, models.size()));
  std::vector<fm_select_request> requests;
  for (int32_t e = 0; e < entries; ++e) requests.push_back({e, 0, keep});
  fm_select* made = nullptr;
  EXPECT_EQ(fm_select_create(entries, requests.data(), entries, elements, workers, &made, nullptr), FM_OK);
  std::unique_ptr<fm_select, Destroy> select(made);
  Outcome outcome;
  int64_t first = 0, size = elements;
  for (int32_t more = 1, ordered = 0; more == 1;) {
    outcome.whole_readings += size == elements;
    if (size < elements) outcome.scanned += size;
    std::vector<std::thread> threads;
    int32_t readers = ordered ? 1 : workers;
    for (int32_t w = 0; w < readers; ++w) {
      threads.emplace_back([=, &program] {
        for (int64_t at = first + w * chunk; at < first + size; at += readers * chunk) {
          ChunkRun run(base, models, dtype, at, std::min(chunk, first + size - at));
          EXPECT_EQ(fm_select_run(made, program.get(), &run.run, 0, w, nullptr), FM_OK);
        }
      });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(fm_select_next(made, &more, &first, &size, &ordered, nullptr), FM_OK);
  }
  outcome.cuts.resize(requests.size());
  EXPECT_EQ(fm_select_cuts(made, outcome.cuts.data(), nullptr), FM_OK);
  return outcome;
}

TEST(SelectWindowReadings, DifferencesOfBf16AreReadOnceAndABlock) {
  constexpr int64_t elements = 1 << 20;
  std::vector<float> base = make(Kind::continuous, elements, 1);
  for (float& value : base) value = as_bf16(value * 10);
  std::vector<uint16_t> words[4];
  std::vector<float> differences_of[3];
  for (float value : base) words[0].push_back(static_cast<uint16_t>(bits(value) >> 16));
  for (uint32_t m = 0; m < 3; ++m) {
    auto change = make(Kind::continuous, elements, m + 2);
    for (size_t i = 0; i < base.size(); ++i) {
      float model = as_bf16(base[i] + change[i]);
      words[m + 1].push_back(static_cast<uint16_t>(bits(model) >> 16));
      differences_of[m].push_back(model - base[i]);
    }
  }
  auto program = differences();
  for (auto [workers, chunk] : {std::pair<int32_t, int64_t>{1, elements}, {1, 65536}, {6, 20000}}) {
    auto outcome =
        select_tensors(program, words[0].data(), {words[1].data(), words[2].data(), words[3].data()}, FM_BF16,
                       elements, elements / 5, workers, chunk);
    EXPECT_EQ(outcome.whole_readings, 1) << workers << " workers";
    EXPECT_LE(outcome.scanned, 3 * 16384);
    for (size_t m = 0; m < 3; ++m) EXPECT_EQ(outcome.cuts[m], oracle(differences_of[m], elements / 5));
  }
}

/// Tensors whose beginning says nothing about the rest, or the wrong thing.
std::vector<float> misleading(int which) {
  auto values = make(which % 2 ? Kind::bf16_deltas : Kind::continuous, count, 3);
  auto less = [](float a, float b) { return magnitude(a) < magnitude(b); };
  switch (which / 2) {
    case 0: std::sort(values.begin(), values.end(), less); break;
    case 1: std::sort(values.rbegin(), values.rend(), less); break;
    case 2: std::fill_n(values.begin(), count / 2, 0.0f); break;
    case 3: std::fill_n(values.begin(), count / 2, 0.001f); break;
    case 4:  // NaN and Inf where nobody looked
      for (size_t i = values.size() / 2; i < values.size(); i += 2) {
        values[i] = std::bit_cast<float>(i % 3 == 0 ? 0x7fc00000u : 0xff800000u);
      }
      break;
    case 5:  // a cut in the middle of equal magnitudes, which begin late
      for (size_t i = values.size() / 3; i < values.size(); i += 2) values[i] = as_bf16(0.00256f);
      break;
    default:  // growing from row to row
      for (size_t i = 0; i < values.size(); ++i) values[i] *= std::exp2(static_cast<float>(i / 20000));
  }
  return values;
}

class SelectMisleading : public testing::TestWithParam<int> {};

TEST_P(SelectMisleading, CutsAreTheOnesOfSorting) {
  auto values = misleading(GetParam());
  auto program = magnitudes();
  for (int64_t keep : {count / 5, count / 2, int64_t{30}, count - 30}) {
    fm_cut expected = oracle(values, keep);
    for (auto [workers, chunk] :
         {std::pair<int32_t, int64_t>{1, 10000}, {1, count}, {16, 3000}, {3, 65536}}) {
      auto outcome = select_tensors(program, values.data(), {}, FM_F32, count, keep, workers, chunk);
      ASSERT_EQ(outcome.cuts[0], expected) << "keep " << keep << ", " << workers << " workers of " << chunk;
      EXPECT_LE(outcome.whole_readings, 5);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Tensors, SelectMisleading, testing::Range(0, 14));

TEST(SelectWindowReadings, AMissIsMadeUpForByOneMoreReading) {
  auto values = misleading(1);  // ascending
  auto outcome = select_tensors(magnitudes(), values.data(), {}, FM_F32, count, count / 5, 1, 10000);
  EXPECT_EQ(outcome.cuts[0], oracle(values, count / 5));
  EXPECT_EQ(outcome.whole_readings, 2);
}

TEST(SelectWindowReadings, ConstantTensorsAreReadOnceAndABlock) {
  for (float value : {0.0f, 0.5f, -0.75f}) {
    std::vector<float> values(count, value);
    auto outcome = select_tensors(magnitudes(), values.data(), {}, FM_F32, count, count / 5, 2, 10000);
    EXPECT_EQ(outcome.cuts[0], (fm_cut{magnitude(value), 0, count / 5}));
    EXPECT_EQ(outcome.whole_readings, 1);
    EXPECT_LE(outcome.scanned, 16384);
  }
  std::vector<float> odd(count, 0.1f);
  auto outcome = select_tensors(magnitudes(), odd.data(), {}, FM_F32, count, count / 5, 2, 10000);
  EXPECT_EQ(outcome.cuts[0], (fm_cut{magnitude(0.1f), 0, count / 5}));
}

TEST(SelectWindowReadings, TheSampleIsNotCountedAsNonfinite) {
  std::vector<float> values(count, 0.5f);
  for (size_t i = 0; i < values.size(); i += 10) values[i] = std::numeric_limits<float>::infinity();
  fm_select_request request = {0, 0, count / 2};
  fm_select* made = nullptr;
  ASSERT_EQ(fm_select_create(1, &request, 1, count, 1, &made, nullptr), FM_OK);
  std::unique_ptr<fm_select, Destroy> select(made);
  ChunkRun run(values.data(), {}, FM_F32, 0, count);
  run.run.flags = FM_FLAG_COUNT_NONFINITE;
  ASSERT_EQ(fm_select_run(made, magnitudes().get(), &run.run, 0, 0, nullptr), FM_OK);
  EXPECT_EQ(run.single.nonfinite, (count + 9) / 10);
}

TEST(SelectWindowReadings, ScalesOfRowsAreTheRowsOwn) {
  constexpr int64_t row = 1000, rows = count / row;
  fm_test::ProgramBuilder builder;
  builder.histogram(builder.add(FM_OP_MUL, builder.load_single(), builder.uniform()));
  auto program = compile(builder);
  ASSERT_NE(program, nullptr);
  auto values = make(Kind::continuous, row * rows, 1), scaled = values;
  std::vector<float> scales;
  for (int64_t r = 0; r < rows; ++r) scales.push_back(static_cast<float>(r % 7 + 1));
  for (int64_t i = 0; i < row * rows; ++i)
    scaled[static_cast<size_t>(i)] *= scales[static_cast<size_t>(i / row)];
  fm_select_request request = {0, 0, count / 5};
  fm_select* made = nullptr;
  ASSERT_EQ(fm_select_create(1, &request, 1, row * rows, 1, &made, nullptr), FM_OK);
  std::unique_ptr<fm_select, Destroy> select(made);
  for (int32_t more = 1, ordered = 0; more == 1;) {
    ChunkRun run(values.data(), {}, FM_F32, 0, row * rows);
    run.run.uniforms = scales.data();
    run.run.row_length = row;
    run.run.row_stride = 1;
    fm_error error = {};
    ASSERT_EQ(fm_select_run(made, program.get(), &run.run, 0, 0, &error), FM_OK) << error.text;
    int64_t first = 0, size = 0;
    ASSERT_EQ(fm_select_next(made, &more, &first, &size, &ordered, nullptr), FM_OK);
  }
  fm_cut cut;
  ASSERT_EQ(fm_select_cuts(made, &cut, nullptr), FM_OK);
  EXPECT_EQ(cut, oracle(scaled, count / 5));
}

std::optional<Window> expect(std::vector<float> values, double kept) {
  std::vector<uint32_t> sample;
  for (float value : values) sample.push_back(magnitude(value));
  return Window::expect(sample, kept);
}

bool is_inside(const Window& window, float value) {
  return magnitude(value) - window.range.first <= window.range.span;
}

TEST(SelectWindowExpect, IsAroundTheCutOfTheSample) {
  auto window = expect(make(Kind::continuous, 8192, 1), 0.2);
  ASSERT_TRUE(window);
  EXPECT_TRUE(is_inside(*window, 1.28f * 0.002f));
  EXPECT_TRUE(is_inside(*window, 1.10f * 0.002f));
  EXPECT_FALSE(is_inside(*window, 0.9f * 0.002f));
  EXPECT_FALSE(is_inside(*window, 1.9f * 0.002f));
  EXPECT_EQ(window->range.first % fm::bucket_width, 0u);
  EXPECT_EQ((window->range.span + 1) % fm::bucket_width, 0u);
  EXPECT_EQ(window->range.hot, fm::kNotHot);
}

TEST(SelectWindowExpect, TheEndsOfASampleAreNotTheEndsOfTheTensor) {
  auto largest = expect(make(Kind::continuous, 8192, 1), 1e-6),
       smallest = expect(make(Kind::any_bits, 8192, 1), 0.9999);
  ASSERT_TRUE(largest);
  EXPECT_TRUE(is_inside(*largest, 5.0f * 0.002f));
  EXPECT_FALSE(smallest) << "many octaves in the margin";
}

TEST(SelectWindowExpect, SomeSamplesAreOfNoUse) {
  EXPECT_FALSE(expect(make(Kind::continuous, 100, 1), 0.2)) << "too small";
  EXPECT_FALSE(expect({}, 0.2));
  EXPECT_FALSE(expect(make(Kind::any_bits, 8192, 1), 0.2)) << "too spread";
  EXPECT_FALSE(expect(std::vector<float>(8192, std::numeric_limits<float>::infinity()), 0.2));
}

TEST(SelectWindowExpect, AMagnitudeThatPrevailsIsHot) {
  auto zero = expect(make(Kind::mostly_zero, 8192, 1), 0.2);
  ASSERT_TRUE(zero);
  EXPECT_EQ(zero->range.first, 0u);
  EXPECT_EQ(zero->range.hot, 0u);
  EXPECT_EQ(zero->atoms[0], 0u);
}

TEST(SelectWindowMembers, AreTheSameOnEveryTarget) {
  char names[64];
  int32_t needed = 0;
  ASSERT_EQ(fm_target_list(names, sizeof names, &needed, nullptr), FM_OK);
  auto values = make(Kind::any_bits, 3000, 1);
  const uint32_t first = 0x3e000000u, span = 0x7fffffu;
  for (size_t i = 0; i < values.size(); ++i) {  // most of them inside, at the ends and next to them
    uint32_t near = first + (i % 5 == 0 ? 0x555000u : (i * 0x9e3779b1u) % (span + 1));
    const uint32_t ends[] = {first - 1, first, first + span, first + span + 1, 0x7fc00000u, 0};
    if (i % 3 != 0)
      values[i] = std::bit_cast<float>((i % 11 == 0 ? ends[i % 6] : near) | (i % 2 ? 0x80000000u : 0));
  }
  std::istringstream list(names);
  for (std::string name; list >> name;) {
    ASSERT_EQ(fm_target_select(name.c_str(), nullptr), FM_OK);
    const fm::TargetTable* target = nullptr;
    ASSERT_EQ(fm::current_target(&target, nullptr), FM_OK);
    for (int32_t size = 0; size < 100; ++size) {
      for (uint32_t hot : {0x555000u, fm::kNotHot}) {
        const float* from = values.data() + size * 29;
        std::vector<uint32_t> cells;
        uint32_t above = 0, hot_count = 0;
        for (int32_t i = 0; i < size; ++i) {
          uint32_t m = magnitude(from[i]), offset = m - first;
          above += m > first + span;
          hot_count += offset == hot;
          if (m < first || offset > span || offset == hot) continue;
          cells.push_back(offset / 4096 + (offset % 4096 != 0 ? 4096 : 0));
        }
        std::vector<uint32_t> found(static_cast<size_t>(size) + 16);
        fm::WindowMembers members = {found.data(), 99, 99, 99};
        target->window_members(from, size, {first, span, hot}, members);
        found.resize(static_cast<size_t>(members.count));
        ASSERT_EQ(found, cells) << name << " " << size;
        ASSERT_EQ(members.above, above) << name;
        ASSERT_EQ(members.hot, hot_count) << name;
      }
    }
  }
  ASSERT_EQ(fm_target_select(nullptr, nullptr), FM_OK);
}

}  // namespace
