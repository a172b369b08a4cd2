// Conversions between dtypes, against conversions by arithmetic on binary64 values.
#include <gtest/gtest.h>

#include <bit>
#include <cstring>

#include "checks.h"
#include "sample_programs.h"

namespace fm_test {
namespace {

// Runs a copy over raw elements on every target, by the interpreter.
template <class Expect>
void copy_and_compare(int32_t from, int32_t to, const std::vector<unsigned char>& elements, Expect expect) {
  std::string problem;
  const Program program = create(copy_program(), &problem);
  ASSERT_TRUE(program) << problem;
  const int64_t count = static_cast<int64_t>(elements.size()) / size_of(from);
  std::vector<unsigned char> input = elements, output(count * size_of(to));
  fm_buffer in = {input.data(), from, 0, 0}, out = {output.data(), to, 0, 0};
  fm_run run{};
  run.struct_size = sizeof run;
  run.element_count = count;
  run.single_inputs = &in;
  run.outputs = &out;
  for (const std::string& target : targets()) {
    ASSERT_EQ(fm_target_select(target.c_str(), nullptr), FM_OK);
    fm_error error{};
    ASSERT_EQ(fm_map_run(program.get(), &run, &error), FM_OK) << error.text;
    for (int64_t i = 0; i < count; ++i) {
      unsigned char expected[8] = {};
      expect(elements.data() + i * size_of(from), expected);
      ASSERT_EQ(std::memcmp(expected, output.data() + i * size_of(to), size_of(to)), 0)
          << target << " dtype " << from << " to " << to << " element " << i;
    }
  }
  fm_target_select(nullptr, nullptr);
}

std::vector<unsigned char> all_patterns(int32_t dtype) {
  std::vector<unsigned char> all;
  const int bits = static_cast<int>(size_of(dtype)) * 8;
  for (uint32_t pattern = 0; pattern < uint32_t{1} << bits; ++pattern)
    for (int shift = 0; shift < bits; shift += 8) all.push_back(static_cast<unsigned char>(pattern >> shift));
  return all;
}

// Every 16-bit pattern as the high half of a binary32, with low halves at and around the ties.
std::vector<unsigned char> dense_floats() {
  std::vector<float> values;
  for (uint32_t high = 0; high < 65536; ++high)
    for (const uint32_t low : {0u, 1u, 0x7fffu, 0x8000u, 0x8001u, 0xffffu, 0x1000u, 0x2fffu, 0xf000u})
      values.push_back(std::bit_cast<float>(high << 16 | low));
  const auto* bytes = reinterpret_cast<const unsigned char*>(values.data());
  return {bytes, bytes + values.size() * sizeof(float)};
}

class Conversion : public testing::TestWithParam<int32_t> {};
class SmallConversion : public Conversion {};

TEST_P(SmallConversion, DecodesEveryPattern) {
  const int32_t dtype = GetParam();
  copy_and_compare(dtype, FM_F32, all_patterns(dtype), [=](const unsigned char* from, unsigned char* to) {
    encode(FM_F32, decode(dtype, from), to);
  });
}

TEST_P(Conversion, EncodesDenseFloats) {
  const int32_t dtype = GetParam();
  copy_and_compare(FM_F32, dtype, dense_floats(), [=](const unsigned char* from, unsigned char* to) {
    encode(dtype, decode(FM_F32, from), to);
  });
}

TEST_P(SmallConversion, RoundTripKeepsEveryPatternButNaN) {
  const int32_t dtype = GetParam();
  copy_and_compare(dtype, dtype, all_patterns(dtype), [=](const unsigned char* from, unsigned char* to) {
    const float value = decode(dtype, from);
    if (value != value)
      encode(dtype, value, to);
    else
      std::memcpy(to, from, size_of(dtype));
  });
}

INSTANTIATE_TEST_SUITE_P(Dtypes, SmallConversion, testing::Values(FM_F16, FM_BF16, FM_F8_E4M3, FM_F8_E5M2));
INSTANTIATE_TEST_SUITE_P(Dtypes, Conversion, testing::Range<int32_t>(0, FM_DTYPE_COUNT));

TEST(ConversionF64, RoundsToNearestEvenAndOverflowsToInfinity) {
  std::vector<double> values;
  for (uint64_t i = 0; i < 4096; ++i) {
    const uint64_t exponent = 1023 - 160 + i % 300, mantissa = i * 0x9e3779b97f4a7c15u >> 12;
    values.push_back(std::bit_cast<double>(exponent << 52 | mantissa));
    values.push_back(std::bit_cast<double>(exponent << 52 | (mantissa & ~0x1fffffffu) | 0x10000000u));
  }
  const auto* bytes = reinterpret_cast<const unsigned char*>(values.data());
  const std::vector<unsigned char> elements(bytes, bytes + values.size() * sizeof(double));
  copy_and_compare(FM_F64, FM_F32, elements, [](const unsigned char* from, unsigned char* to) {
    double value;
    std::memcpy(&value, from, sizeof value);
    encode(FM_F32, static_cast<float>(value), to);
  });
}

TEST(ConversionConstants, KnownPatterns) {
  const struct {
    float value;
    int32_t dtype;
    uint32_t pattern;
  } cases[] = {{448.0f, FM_F8_E4M3, 0x7e},    {464.0f, FM_F8_E4M3, 0x7e},     {465.0f, FM_F8_E4M3, 0x7f},
               {-1e9f, FM_F8_E4M3, 0x7f},     {57344.0f, FM_F8_E5M2, 0x7b},   {61440.0f, FM_F8_E5M2, 0x7c},
               {-61439.0f, FM_F8_E5M2, 0xfb}, {65504.0f, FM_F16, 0x7bff},     {65520.0f, FM_F16, 0x7c00},
               {65519.0f, FM_F16, 0x7bff},    {0x1p-24f, FM_F16, 0x0001},     {0x1p-25f, FM_F16, 0x0000},
               {-0.0f, FM_BF16, 0x8000},      {1.00390625f, FM_BF16, 0x3f80}, {0x1p-133f, FM_BF16, 0x0001}};
  for (const auto& c : cases) {
    std::vector<unsigned char> element(4);
    std::memcpy(element.data(), &c.value, 4);
    copy_and_compare(FM_F32, c.dtype, element, [&](const unsigned char*, unsigned char* to) {
      std::memcpy(to, &c.pattern, size_of(c.dtype));
    });
  }
}

}  // namespace
}  // namespace fm_test
