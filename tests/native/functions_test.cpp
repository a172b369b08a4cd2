// exp, log and tanh: how far from the true values, and what they do at the ends.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "fm_prims.h"
#include "oracle.h"

namespace fm_test {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// The distance from the true value in units in the last place of a binary32 number of its size.
double error_of(float got, double truth) {
  int exponent = 0;
  std::frexp(truth, &exponent);
  return std::fabs(static_cast<double>(got) - truth) / std::ldexp(1.0, std::max(exponent - 24, -149));
}

// Over every 997th bit pattern; the oracle, which is written by other means, has the same bits.
template <class F, class G, class O>
double largest_error(F function, G truth, O oracle) {
  double largest = 0;
  for (uint64_t pattern = 0; pattern <= 0xffffffffu; pattern += 997) {
    const float x = FM_BITS_F32(pattern), y = function(x);
    const double t = truth(static_cast<double>(x));
    const float same = oracle(x);
    EXPECT_TRUE(FM_BITS_U32(same) == FM_BITS_U32(y) || (same != same && y != y)) << x;
    EXPECT_EQ(std::isnan(y), std::isnan(t)) << x;
    if (std::isnan(t)) continue;
    if (std::isinf(static_cast<float>(t)) || std::isinf(y) || t == 0.0)
      EXPECT_EQ(y, static_cast<float>(t)) << x;
    else
      largest = std::max(largest, error_of(y, t));
  }
  return largest;
}

TEST(Functions, StayWithinTheStatedErrors) {
  const auto exp = [](double x) { return std::exp(x); };
  const auto log = [](double x) { return std::log(x); };
  const auto tanh = [](double x) { return std::tanh(x); };
  EXPECT_LT(largest_error([](float x) { return fm_exp(x); }, exp, exponential), 1.0);
  EXPECT_LT(largest_error([](float x) { return fm_log(x); }, log, logarithm), 1.0);
  EXPECT_LT(largest_error([](float x) { return fm_tanh(x); }, tanh, hyperbolic_tangent), 1.5);
}

TEST(Functions, HaveTheirLimits) {
  EXPECT_EQ(fm_exp(0.0f), 1.0f);
  EXPECT_EQ(fm_exp(-kInf), 0.0f);
  EXPECT_EQ(fm_exp(kInf), kInf);
  EXPECT_EQ(fm_exp(88.8f), kInf);
  EXPECT_LT(fm_exp(88.72f), kInf);
  EXPECT_EQ(fm_exp(-103.9f), 0x1p-149f);
  EXPECT_EQ(fm_exp(-104.1f), 0.0f);
  EXPECT_TRUE(std::isnan(fm_exp(kNan)));
  EXPECT_EQ(fm_log(1.0f), 0.0f);
  EXPECT_EQ(fm_log(0.0f), -kInf);
  EXPECT_EQ(fm_log(-0.0f), -kInf);
  EXPECT_EQ(fm_log(kInf), kInf);
  EXPECT_NEAR(fm_log(0x1p-149f), -149 * std::log(2.0), 1e-5);
  EXPECT_TRUE(std::isnan(fm_log(-0x1p-149f)));
  EXPECT_TRUE(std::isnan(fm_log(-kInf)));
  EXPECT_TRUE(std::isnan(fm_log(kNan)));
  for (const float sign : {1.0f, -1.0f}) {
    EXPECT_EQ(fm_tanh(sign * kInf), sign);
    EXPECT_EQ(fm_tanh(sign * 20.0f), sign);
    EXPECT_EQ(fm_tanh(sign * 0x1p-149f), sign * 0x1p-149f);
    EXPECT_EQ(FM_BITS_U32(fm_tanh(sign * 0.0f)), FM_BITS_U32(sign * 0.0f));
  }
  EXPECT_TRUE(std::isnan(fm_tanh(kNan)));
}

TEST(Functions, AProbabilityKeepsAsManyWordsAsItSays) {
  const auto kept = [](float p, uint32_t word) { return fm_keep_at_random(1.0f, p, word) == 1.0f; };
  for (const float p : {0x1p-149f, 0x1p-33f, 0x1.8p-32f, 0x1p-31f, 0x1.4p-31f, 0x1.cp-31f, 1e-6f, 0.1f, 0.3f,
                        0.5f, 0.75f, 0x1.fffffep-1f})
    for (const uint32_t word :
         {0u, 1u, 0xffu, 0x100u, 0x7fffffffu, 0x80000000u, 0xb3333333u, 0xb33332ffu, 0xb3333300u, 0xe6666600u,
          0xe66665ffu, 0xfffffffcu, 0xfffffffdu, 0xfffffffeu, 0xffffffffu})
      EXPECT_EQ(kept(p, word), keeps_at(word, p)) << p << " " << word;
  for (const uint32_t word : {0u, 0xffffffffu}) {
    EXPECT_TRUE(kept(1.0f, word));
    EXPECT_TRUE(kept(kInf, word));
    EXPECT_FALSE(kept(0.0f, word));
    EXPECT_FALSE(kept(-1e30f, word));
    EXPECT_FALSE(kept(kNan, word));
  }
}

}  // namespace
}  // namespace fm_test
