// Low-rank updates against one loop over elements, for every target, dtype and chunking.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <random>

#include "checks.h"
#include "fm_prims.h"

namespace fm_test {
namespace {

struct Case {
  int64_t matrices, rows, columns, rank;
  bool scaled;
};

// Factors, magnitudes and a tensor of binary32 numbers.
struct Data {
  explicit Data(const Case& shape) : shape(shape) {
    std::mt19937 random(static_cast<uint32_t>(shape.rows * 31 + shape.columns));
    std::normal_distribution<float> normal;
    const auto fill = [&](std::vector<float>& values, int64_t count) {
      values.resize(static_cast<size_t>(count));
      for (float& v : values) v = normal(random);
    };
    stride = (shape.columns + 63) / 64 * 64 + 16;
    fill(left, shape.matrices * shape.rows * shape.rank);
    fill(right, shape.matrices * shape.rank * stride);
    fill(magnitudes, shape.matrices * shape.rows);
    fill(tensor, shape.matrices * shape.rows * shape.columns);
    if (tensor.size() > 40) {
      tensor[7] = -0.0f, tensor[11] = INFINITY, tensor[13] = -NAN;
      // A row of zeros stays one.
      for (int64_t j = 0; j < shape.columns; ++j) tensor[static_cast<size_t>(j + shape.columns)] = 0;
      for (int64_t k = 0; k < shape.rank && shape.rows > 1; ++k)
        left[static_cast<size_t>(shape.rank + k)] = 0;
    }
  }

  fm_low_rank update(int64_t first, int64_t count, uint32_t flags = 0) const {
    fm_low_rank u{};
    u.struct_size = sizeof u, u.flags = flags;
    u.matrices = shape.matrices, u.rows = shape.rows, u.columns = shape.columns, u.rank = shape.rank;
    u.right_stride = stride, u.left = left.data(), u.right = right.data();
    u.magnitudes = shape.scaled ? magnitudes.data() : nullptr;
    u.scale = 0.37f, u.first_element = first, u.element_count = count;
    return u;
  }

  std::vector<float> expected(bool zero) const {
    std::vector<float> y(tensor.size());
    for (int64_t row = 0; row < shape.matrices * shape.rows; ++row) {
      float* v = y.data() + row * shape.columns;
      double lanes[16] = {};
      for (int64_t j = 0; j < shape.columns; ++j) {
        const float w = tensor[row * shape.columns + j];
        volatile float sum = 0, product = 0;
        for (int64_t k = 0; k < shape.rank; ++k) {
          product = left[row * shape.rank + k] * right[(row / shape.rows * shape.rank + k) * stride + j];
          sum = k ? sum + product : product;
        }
        product = 0.37f * sum;
        v[j] = fm_enc_f32((zero && !std::isfinite(w) ? 0.0f : w) + product);
        lanes[j % 16] += static_cast<double>(v[j]) * v[j];
      }
      for (int half = 8; half; half /= 2)
        for (int l = 0; l < half; ++l) lanes[l] += lanes[l + half];
      if (!shape.scaled || lanes[0] == 0) continue;
      const auto factor = static_cast<float>(magnitudes[row] / std::sqrt(lanes[0]));
      for (int64_t j = 0; j < shape.columns; ++j) v[j] = fm_enc_f32(v[j] * factor);
    }
    return y;
  }

  Case shape;
  int64_t stride;
  std::vector<float> left, right, magnitudes, tensor;
};

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

std::vector<float> run(const Data& data, fm_buffer input, int64_t chunk, uint32_t flags, int64_t* nonfinite) {
  std::vector<float> y(data.tensor.size(), 99.0f);
  const auto total = static_cast<int64_t>(y.size());
  const int64_t size = input.dtype == FM_BF16 ? 2 : 4;
  *nonfinite = 0;
  for (int64_t first = 0; first < total; first += chunk) {
    const fm_low_rank u = data.update(first, std::min(chunk, total - first), flags);
    fm_buffer part{static_cast<char*>(input.data) + first * size, input.dtype, 0, 0};
    fm_error error{};
    EXPECT_EQ(fm_low_rank_add(&u, &part, y.data() + first, &error), FM_OK) << error.text;
    *nonfinite += part.nonfinite;
  }
  return y;
}

TEST(LowRank, SameBitsAsOneLoop_ForEveryTargetAndChunk) {
  for (const Case& shape :
       {Case{1, 1, 1, 1, false}, Case{1, 5, 63, 3, false}, Case{3, 6, 65, 2, false},
        Case{1, 37, 300, 16, true}, Case{2, 9, 130, 5, true}, Case{1, 3, 5000, 1, false}}) {
    const Data data(shape);
    for (const bool zero : {false, true}) {
      const std::vector<float> expected = data.expected(zero);
      for (const std::string& target : targets())
        for (const int64_t rows : {0, 1, 2, 7, 1000}) {
          ASSERT_EQ(fm_target_select(target.c_str(), nullptr), FM_OK);
          int64_t chunk = rows * shape.columns;
          if (rows == 0 && shape.scaled) continue;
          if (rows == 0) chunk = 41;
          int64_t found;
          fm_buffer input{const_cast<float*>(data.tensor.data()), FM_F32, 0, 0};
          const auto y = run(data, input, chunk, zero ? FM_FLAG_ZERO_NONFINITE : 0, &found);
          EXPECT_TRUE(same_bits(y, expected)) << target << " columns " << shape.columns << " chunk " << chunk;
          EXPECT_EQ(found, data.tensor.size() > 40 ? 2 : 0);
        }
    }
  }
  fm_target_select(nullptr, nullptr);
}

TEST(LowRank, DecodesItsInput) {
  Data data({1, 20, 70, 4, false});
  std::vector<uint16_t> stored(data.tensor.size() + 1);
  auto* odd = reinterpret_cast<char*>(stored.data()) + 1;
  for (size_t i = 0; i < data.tensor.size(); ++i) {
    const uint16_t h = fm_enc_bf16(data.tensor[i]);
    std::memcpy(odd + 2 * i, &h, 2);
    data.tensor[i] = fm_dec_bf16(h);
  }
  int64_t found;
  EXPECT_TRUE(same_bits(run(data, {odd, FM_BF16, 0, 0}, 64, 0, &found), data.expected(false)));
}

TEST(LowRank, LoadsFactorsIntoTheirPlaces) {
  std::vector<float> stored(3 * 4 * 5);
  for (size_t i = 0; i < stored.size(); ++i) stored[i] = static_cast<float>(i);
  stored[17] = NAN;
  const fm_placement placement{4, 5, 1, 15, 3};  // (a, b, c) becomes (b, c, a)
  std::vector<float> target(stored.size(), -1.0f);
  fm_error error{};
  int64_t found = 0;
  for (const auto& [first, count] : {std::pair<int64_t, int64_t>{0, 1}, {1, 13}, {14, 46}}) {
    fm_buffer source{stored.data() + first, FM_F32, 0, 0};
    ASSERT_EQ(fm_low_rank_load(&source, first, count, &placement, FM_FLAG_ZERO_NONFINITE, target.data(), 60,
                               &error),
              FM_OK)
        << error.text;
    found += source.nonfinite;
  }
  EXPECT_EQ(found, 1);
  for (int a = 0; a < 3; ++a)
    for (int b = 0; b < 4; ++b)
      for (int c = 0; c < 5; ++c) {
        const int at = (a * 4 + b) * 5 + c;
        EXPECT_EQ(target[b * 15 + c * 3 + a], at == 17 ? 0.0f : static_cast<float>(at));
      }
  fm_buffer source{stored.data(), FM_F32, 0, 0};
  EXPECT_EQ(fm_low_rank_load(&source, 0, 60, &placement, 0, target.data(), 59, &error), FM_INVALID_ARGUMENT);
  EXPECT_NE(std::strstr(error.text, "capacity of 59"), nullptr) << error.text;
}

TEST(LowRank, RefusesWhatIsNoUpdate) {
  const Data data({1, 4, 6, 2, true});
  std::vector<float> y(24);
  fm_error error{};
  const auto refused = [&](auto change) {
    fm_low_rank u = data.update(0, 24);
    change(u);
    fm_buffer input{const_cast<float*>(data.tensor.data()), FM_F32, 0, 0};
    return fm_low_rank_add(&u, &input, y.data(), &error) == FM_INVALID_ARGUMENT;
  };
  EXPECT_FALSE(refused([](fm_low_rank&) {}));
  EXPECT_TRUE(refused([](fm_low_rank& u) { u.rank = 0; }));
  EXPECT_TRUE(refused([](fm_low_rank& u) { u.right_stride = 63; }));
  EXPECT_TRUE(refused([](fm_low_rank& u) { u.element_count = 25; }));
  EXPECT_TRUE(refused([](fm_low_rank& u) { u.element_count = 23; }));
  EXPECT_TRUE(refused([](fm_low_rank& u) { u.struct_size = 8; }));
  EXPECT_TRUE(refused([](fm_low_rank& u) { u.left = nullptr; }));
  EXPECT_TRUE(refused([](fm_low_rank& u) { u.flags = 64; }));
}

}  // namespace
}  // namespace fm_test
