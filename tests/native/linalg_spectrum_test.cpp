// Spectra, against LAPACK's SVD in binary64 and against their own definitions.
#include <gtest/gtest.h>

#include <cstring>
#include <limits>

#include "linalg_spectra.h"

namespace {

using namespace linalg_data;

class EveryCase : public testing::TestWithParam<int> {};

TEST_P(EveryCase, ValuesAreThoseOfTheSvd) {
  for (const Case& c : cases()) {
    SCOPED_TRACE(c.name);
    const int64_t p = small_side(c.a);
    const Decomposition<double> whole = svd64(c.a);
    const std::vector<double> s = Handle(c.a, GetParam(), 0).values(p);
    const double tolerance = GetParam() ? 1e-7 : 5e-4;
    for (int64_t k = 0; k < p; ++k) EXPECT_NEAR(s[k], whole.s[k], tolerance * whole.s[0]) << k;
  }
}

TEST_P(EveryCase, VectorsAreThoseOfTheMatrix) {
  for (const Case& c : cases()) {
    SCOPED_TRACE(c.name);
    const int64_t p = small_side(c.a);
    for (const int64_t k : {int64_t{1}, (p + 3) / 4, p}) {
      Handle spectrum(c.a, GetParam(), k);
      const std::vector<double> s = spectrum.values(p);
      Matrix<float> u(c.a.rows, k, k + 2), v(c.a.columns, k);
      spectrum.vectors(k, &u, &v);
      const double floor = GetParam() ? 1e-6 : 1e-3;  // of the values whose vectors are determined
      for (int64_t i = 0; i < k; ++i) {
        if (s[i] <= 1e-7 * s[0]) {
          EXPECT_EQ(0, largest_of_column(u, i));
          EXPECT_EQ(0, largest_of_column(v, i));
          continue;
        }
        EXPECT_GT(largest_of_column(v, i), 0);
        for (int64_t j = 0; j <= i && s[i] > floor * s[0]; ++j) {
          EXPECT_NEAR(column_product(v, i, v, j), i == j, 1e-4) << i << " " << j;
          EXPECT_NEAR(column_product(u, i, u, j), i == j, GetParam() ? 1e-3 : 2e-2) << i << " " << j;
        }
      }
      int64_t determined = 0;
      while (determined < k && s[determined] > floor * s[0]) ++determined;
      // A v = s u and A^T u = s v, up to what the values are good for.
      const double tolerance = GetParam() ? 1e-6 : 4e-4;
      EXPECT_LE(residual(c.a, u, s, v, determined), tolerance * s[0] * std::sqrt(static_cast<double>(k)));
    }
  }
}

TEST_P(EveryCase, ProjectionIsTheBestOfItsRank) {
  for (const Case& c : cases()) {
    SCOPED_TRACE(c.name);
    const int64_t p = small_side(c.a);
    const Decomposition<double> whole = svd64(c.a);
    for (const int64_t k : {int64_t{0}, int64_t{1}, p / 4, p / 2, 3 * p / 4, p - 1, p}) {
      if (k < 0 || k > p) continue;
      SCOPED_TRACE(k);
      Handle spectrum(c.a, GetParam(), k);
      Matrix<float> b(c.a.rows, c.a.columns, c.a.columns + 5);
      spectrum.project(k, 2, b);
      for (float& x : b.data) x /= 2;
      double rest = 0;
      for (int64_t i = k; i < p; ++i) rest += whole.s[i] * whole.s[i];
      const double tolerance = GetParam() ? 2e-6 : 4e-4;
      EXPECT_LE(distance(b, c.a), std::sqrt(rest) * (1 + tolerance) + tolerance * norm(c.a));
      const Matrix<double> best = product(whole.u, whole.s, whole.v, k);
      const bool determined = k == 0 || k == p || whole.s[k - 1] - whole.s[k] > 0.02 * whole.s[0];
      if (determined) {
        EXPECT_LE(distance(b, best), 1e-4 * norm(c.a));
      }
      Matrix<float> own = c.a;
      Handle in_place(own, GetParam(), k);
      in_place.project(k, 2, own);
      for (float& x : own.data) x /= 2;
      EXPECT_EQ(0, distance(own, b));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Precise, EveryCase, testing::Values(1));
INSTANTIATE_TEST_SUITE_P(Single, EveryCase, testing::Values(0));

TEST(Spectrum, OneSideAloneIsTheSame) {
  for (const auto& [m, n] : {std::pair{60, 30}, {30, 60}}) {
    const Matrix<float> a = normals<float>(m, n, 21);
    Handle spectrum(a, 1, 10);
    Matrix<float> u(m, 10), v(n, 10), u2(m, 10), v2(n, 10);
    spectrum.vectors(10, &u, &v);
    spectrum.vectors(10, &u2, nullptr);
    spectrum.vectors(10, nullptr, &v2);
    EXPECT_EQ(u.data, u2.data);
    EXPECT_EQ(v.data, v2.data);
  }
}

TEST(Spectrum, StrideAndPlaceDoNotMatter) {
  const Matrix<float> a = normals<float>(70, 45, 22);
  Matrix<float> wide(70, 45, 61);
  for (int64_t i = 0; i < 70; ++i)
    for (int64_t j = 0; j < 45; ++j) wide(i, j) = a(i, j);
  for (const int precise : {0, 1}) {
    Handle one(a, precise, 20), other(wide, precise, 20);
    EXPECT_EQ(one.values(45), other.values(45));
    Matrix<float> b(70, 45), c(70, 45, 77);
    one.project(20, 1.5, b);
    other.project(20, 1.5, c);
    EXPECT_EQ(0, distance(b, c));
  }
}

TEST(Spectrum, TwoRunsGiveTheSameBits) {
  const Matrix<float> a = normals<float>(400, 300, 23);
  for (const int precise : {0, 1})
    for (const int threads : {1, 2}) {
      Matrix<float> b[2] = {Matrix<float>(400, 300), Matrix<float>(400, 300)};
      std::vector<double> s[2];
      for (int run = 0; run < 2; ++run) {
        Handle spectrum(a, precise, 100, threads);
        s[run] = spectrum.values(300);
        spectrum.project(100, 1, b[run]);
      }
      EXPECT_EQ(s[0], s[1]);
      EXPECT_EQ(b[0].data, b[1].data);
    }
}

TEST(Spectrum, NanIsRefused) {
  Matrix<float> a = normals<float>(20, 10, 24);
  a(3, 4) = std::numeric_limits<float>::quiet_NaN();
  a(5, 6) = std::numeric_limits<float>::infinity();
  const Arena arena(int64_t{1} << 20);
  const fm_matrix in = a.view();
  fm_spectrum* spectrum = nullptr;
  fm_error error;
  EXPECT_EQ(FM_INVALID_ARGUMENT, fm_spectrum_create(arena.get(), &in, 1, &spectrum, &error));
  EXPECT_NE(nullptr, std::strstr(error.text, "2 of 20 x 10")) << error.text;
  EXPECT_EQ(nullptr, spectrum);
}

}  // namespace
