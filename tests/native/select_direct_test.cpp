// The readings without the interpreter against the ones with it.
#include "select/direct_reading.h"

#include <gtest/gtest.h>

#include <sstream>

#include "cpu/program.h"
#include "select_data.h"
#include "select_programs.h"

namespace {

using namespace select_data;
using namespace select_programs;

/// Keeps what it is given, and counts tiles.
class Recorder final : public fm::TileSink {
 public:
  Recorder(int32_t entries, int64_t first, int64_t count)
      : bits(static_cast<size_t>(entries), std::vector<uint32_t>(static_cast<size_t>(count), 0xdeadbeef)),
        times(bits.size(), std::vector<int>(static_cast<size_t>(count))),
        _first(first) {}

  void take(int32_t entry, int64_t first_element, const float* values, int32_t count) override {
    ++tiles;
    for (int32_t i = 0; i < count; ++i) {
      auto at = static_cast<size_t>(first_element - _first + i);
      bits[static_cast<size_t>(entry)][at] = magnitude(values[i]);
      ++times[static_cast<size_t>(entry)][at];
    }
  }

  std::vector<std::vector<uint32_t>> bits;
  std::vector<std::vector<int>> times;
  int tiles = 0;

 private:
  int64_t _first;
};

/// Random storage bits of a dtype, a byte off any alignment.
struct Storage {
  Storage(int32_t dtype, int64_t count, uint32_t seed, bool finite)
      : bytes(static_cast<size_t>(count * 8 + 1)) {
    std::mt19937 random(seed);
    for (int64_t i = 0; i < count; ++i) {
      auto word = static_cast<uint32_t>(random());
      if (dtype == FM_F32) {
        if (finite) word &= ~0x40000000u;
        std::memcpy(data() + 4 * i, &word, 4);
      } else {
        auto half = static_cast<uint16_t>(finite ? word & ~0x4000u : word);
        std::memcpy(data() + 2 * i, &half, 2);
      }
    }
  }
  char* data() { return bytes.data() + 1; }
  std::vector<char> bytes;
};

constexpr int64_t count = 5000, first_element = 12345;

struct Case {
  bool models;
  int32_t single_dtype;
  int32_t model_dtype;
  bool finite;
  uint32_t flags;
};

void PrintTo(const Case& c, std::ostream* out) {
  *out << (c.models ? "models_" : "single_") << c.single_dtype << "_" << c.model_dtype
       << (c.finite ? "_finite" : "") << "_flags" << c.flags;
}

class SelectDirect : public testing::TestWithParam<Case> {};

TEST_P(SelectDirect, GivesTheValuesOfTheInterpreter) {
  const Case& c = GetParam();
  Storage base(c.single_dtype, count, 1, c.finite);
  std::vector<Storage> models;
  std::vector<const void*> data;
  for (uint32_t m = 0; c.models && m < 3; ++m)
    models.emplace_back(c.model_dtype, count, m + 2, c.finite || m != 1);
  for (auto& model : models) data.push_back(model.data());
  auto program = c.models ? differences() : magnitudes();
  auto entries = static_cast<int32_t>(std::max<size_t>(1, models.size()));

  std::vector<int64_t> nonfinite[2];
  Recorder recorders[] = {{entries, first_element, count}, {entries, first_element, count}};
  for (int interpreted : {0, 1}) {
    ChunkRun run(base.data(), data, c.single_dtype, 0, count);
    for (auto& buffer : run.models) buffer.dtype = c.model_dtype;
    run.run.first_element = first_element;
    run.run.flags = c.flags;
    auto& recorder = recorders[interpreted];
    fm_error error = {};
    fm_status status = interpreted
                           ? fm::run_histograms(*program, run.run, recorder, &error)
                           : fm::read_magnitudes(*program, run.run, recorder, fm::NanBits::canonical, &error);
    ASSERT_EQ(status, FM_OK) << error.text;
    nonfinite[interpreted].push_back(run.single.nonfinite);
    for (auto& buffer : run.models) nonfinite[interpreted].push_back(buffer.nonfinite);
  }
  EXPECT_EQ(recorders[0].bits, recorders[1].bits);
  EXPECT_EQ(recorders[0].times, recorders[1].times);
  EXPECT_EQ(recorders[0].times[0], std::vector<int>(count, 1));
  EXPECT_EQ(nonfinite[0], nonfinite[1]);
  if (c.finite) {
    EXPECT_NE(recorders[0].tiles, recorders[1].tiles) << "the interpreter was used";
  }
}

std::vector<Case> cases() {
  std::vector<Case> all;
  for (int32_t dtype : {FM_F32, FM_BF16, FM_F16}) {
    for (bool finite : {true, false}) {
      for (uint32_t flags : {0, FM_FLAG_ZERO_NONFINITE | FM_FLAG_COUNT_NONFINITE}) {
        all.push_back({false, dtype, dtype, finite, flags});
        all.push_back({true, dtype, FM_BF16, finite, flags});
        all.push_back({true, FM_BF16, dtype, finite, flags});
      }
    }
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(Programs, SelectDirect, testing::ValuesIn(cases()));

TEST(SelectDirectShapes, Fp32AtAnyPlaceOnEveryTarget) {
  char names[64];
  int32_t needed = 0;
  ASSERT_EQ(fm_target_list(names, sizeof names, &needed, nullptr), FM_OK);
  std::istringstream list(names);
  auto base = make(Kind::continuous, count + 32, 1), model = make(Kind::continuous, count + 32, 2);
  for (std::string name; list >> name;) {
    ASSERT_EQ(fm_target_select(name.c_str(), nullptr), FM_OK);
    for (size_t shift = 0; shift < 17; ++shift) {
      Recorder recorder(1, 0, count);
      ChunkRun run(&base[shift], {&model[shift / 3]}, FM_F32, 0, count);
      ASSERT_EQ(fm::read_magnitudes(*differences(), run.run, recorder, fm::NanBits::any, nullptr), FM_OK);
      for (size_t i = 0; i < count; ++i) {
        ASSERT_EQ(recorder.bits[0][i], magnitude(model[shift / 3 + i] - base[shift + i]))
            << name << " " << shift;
      }
    }
  }
  ASSERT_EQ(fm_target_select(nullptr, nullptr), FM_OK);
}

TEST(SelectDirectShapes, ModelsWithoutABase) {
  fm_test::ProgramBuilder builder;
  builder.begin_loop();
  builder.histogram(builder.load_model());
  builder.end_loop();
  auto program = compile(builder);
  ASSERT_NE(program, nullptr);
  auto values = make(Kind::continuous, count, 1), others = make(Kind::special, count, 2);
  Recorder direct(2, 0, count), interpreted(2, 0, count);
  ChunkRun run(values.data(), {values.data(), others.data()}, FM_F32, 0, count);
  ASSERT_EQ(fm::read_magnitudes(*program, run.run, direct, fm::NanBits::canonical, nullptr), FM_OK);
  ASSERT_EQ(fm::run_histograms(*program, run.run, interpreted, nullptr), FM_OK);
  EXPECT_EQ(direct.bits, interpreted.bits);
  EXPECT_NE(direct.tiles, interpreted.tiles);
}

TEST(SelectDirectShapes, TheOtherWayRoundIsAnotherProgram) {
  // base - model has the magnitudes of model - base, but is not taken for it.
  fm_test::ProgramBuilder builder;
  uint32_t single = builder.load_single();
  builder.begin_loop();
  builder.histogram(builder.add(FM_OP_SUB, single, builder.load_model()));
  builder.end_loop();
  auto program = compile(builder);
  auto base = make(Kind::continuous, count, 1), model = make(Kind::continuous, count, 2);
  Recorder direct(1, 0, count), interpreted(1, 0, count);
  ChunkRun run(base.data(), {model.data()}, FM_F32, 0, count);
  ASSERT_EQ(fm::read_magnitudes(*program, run.run, direct, fm::NanBits::canonical, nullptr), FM_OK);
  ASSERT_EQ(fm::run_histograms(*program, run.run, interpreted, nullptr), FM_OK);
  EXPECT_EQ(direct.bits, interpreted.bits);
  EXPECT_EQ(direct.tiles, interpreted.tiles);
}

TEST(SelectDirectShapes, AnyNanWillDoUnlessFlagsSayOtherwise) {
  auto values = make(Kind::continuous, count, 1);
  values[77] = std::bit_cast<float>(0x7f800003u);
  auto program = magnitudes();
  for (uint32_t flags : {0u, uint32_t{FM_FLAG_ZERO_NONFINITE}}) {
    Recorder recorder(1, 0, count);
    ChunkRun run(values.data(), {}, FM_F32, 0, count);
    run.run.flags = flags;
    ASSERT_EQ(fm::read_magnitudes(*program, run.run, recorder, fm::NanBits::any, nullptr), FM_OK);
    EXPECT_EQ(recorder.bits[0][77], flags == 0 ? 0x7f800003u : 0u);
    EXPECT_EQ(recorder.bits[0][78], magnitude(values[78]));
  }
}

TEST(SelectDirectShapes, BadRunsAreRefused) {
  auto program = magnitudes();
  Recorder recorder(1, 0, count);
  ChunkRun run(nullptr, {}, FM_F32, 0, count);
  EXPECT_EQ(fm::read_magnitudes(*program, run.run, recorder, fm::NanBits::canonical, nullptr),
            FM_INVALID_ARGUMENT);
  run.run.single_inputs = nullptr;
  EXPECT_EQ(fm::read_magnitudes(*program, run.run, recorder, fm::NanBits::canonical, nullptr),
            FM_INVALID_ARGUMENT);
}

}  // namespace
