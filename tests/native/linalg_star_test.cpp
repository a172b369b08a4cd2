// Ranks as STAR takes them, and spectra of large matrices.
#include <gtest/gtest.h>

#include <string>
#include <tuple>

#include "linalg_spectra.h"

namespace {

using namespace linalg_data;

// The smallest r whose leading values have eta of the sum.
int64_t star_rank(const std::vector<double>& s, double eta) {
  double total = 0, kept = 0;
  for (const double x : s) total += x;
  for (size_t i = 0; i < s.size(); ++i)
    if ((kept += s[i]) >= eta * total) return static_cast<int64_t>(i) + 1;
  return static_cast<int64_t>(s.size());
}

// Whether a rank found from values in binary32 can be trusted: the last value kept is not small, and the
// target is farther from the sums around it than the values, and those that may be zeros, are wrong by.
bool is_safe(const std::vector<double>& s, double eta) {
  const int64_t r = star_rank(s, eta);
  double total = 0, noise = 0, below = 0;
  for (const double x : s) total += x;
  for (const double x : s) noise += x < 1e-3 * s[0] ? x : 0;
  for (int64_t i = 0; i + 1 < r; ++i) below += s[i];
  const double margin = 1e-6 * total + noise;
  return s[r - 1] >= 1e-2 * s[0] && eta * total - below > margin && below + s[r - 1] - eta * total > margin;
}

Matrix<float> random_case(std::mt19937& generator) {
  const auto between = [&](int low, int high) {
    return static_cast<int64_t>(low + generator() % (high - low + 1));
  };
  const int64_t m = between(1, 60), n = between(1, 60), p = std::min(m, n);
  const unsigned seed = generator();
  switch (generator() % 5) {
    case 0: return normals<float>(m, n, seed);
    case 1: return p > 1 ? with_values(m, n, graded(p, 1e-4), seed) : normals<float>(m, n, seed);
    case 2: {
      std::vector<double> s(between(1, static_cast<int>(p)));
      for (double& x : s) x = 1 + static_cast<double>(generator() % 1000);
      std::sort(s.rbegin(), s.rend());
      return with_values(m, n, s, seed);
    }
    case 3: return spike(m, n);
    default: return repeated_rows(m, n);
  }
}

TEST(Star, RankIsThatOfBinary64InRandomCases) {
  std::mt19937 generator(2026);
  int safe = 0;
  for (int i = 0; i < 200; ++i) {
    const Matrix<float> a = random_case(generator);
    const double eta = 0.05 + 0.9 * static_cast<double>(generator() % 10000) / 10000;
    SCOPED_TRACE(std::to_string(i) + ": " + std::to_string(a.rows) + " x " + std::to_string(a.columns));
    const int64_t rank = star_rank(svd64(a).s, eta);
    EXPECT_EQ(rank, star_rank(Handle(a, 1, 0).values(small_side(a)), eta));
    const std::vector<double> single = Handle(a, 0, 0).values(small_side(a));
    if (!is_safe(single, eta)) continue;
    ++safe;
    EXPECT_EQ(rank, star_rank(single, eta));
  }
  EXPECT_GT(safe, 60);
}

// Large enough for two stages. The best approximation of rank k is where ||A - B||^2 is the rest of the
// squares, and a projection where <A, B> = ||B||^2.
void check_large(int64_t m, int64_t n, int threads) {
  SCOPED_TRACE(std::to_string(m) + " x " + std::to_string(n));
  const Matrix<float> a = normals<float>(m, n, 41);
  const int64_t p = std::min(m, n);
  Matrix<double> wide(m, n);
  std::copy(a.data.begin(), a.data.end(), wide.data.begin());
  std::vector<double> s(p);
  fm_error error;
  {
    const Arena arena(fm_matrix_work(FM_WORK_SVD, m, n, 8));
    const fm_matrix in = wide.view();
    ASSERT_EQ(FM_OK, fm_matrix_svd(arena.get(), &in, nullptr, s.data(), nullptr, &error)) << error.text;
  }
  for (int precise = 0; precise < (threads > 1 ? 1 : 2); ++precise) {
    const int64_t k = precise ? p / 3 : 3 * p / 4;
    Matrix<float> b[2] = {Matrix<float>(m, n), Matrix<float>(m, n)};
    for (Matrix<float>& to : b) {
      Handle spectrum(a, precise, k, threads);
      const std::vector<double> values = spectrum.values(p);
      for (int64_t i = 0; i < p; ++i)
        ASSERT_NEAR(values[i], s[i], (precise ? 1e-7 : s[i] > 1e-2 * s[0] ? 2e-5 : 5e-4) * s[0]) << i;
      spectrum.project(k, 1, to);
    }
    ASSERT_TRUE(b[0].data == b[1].data);
    double rest = 0, along = 0;
    for (int64_t i = k; i < p; ++i) rest += s[i] * s[i];
    for (int64_t i = 0; i < m * n; ++i)
      along += static_cast<double>(a.data[i]) * static_cast<double>(b[0].data[i]);
    EXPECT_NEAR(distance(a, b[0]), std::sqrt(rest), 1e-6 * std::sqrt(rest));
    EXPECT_NEAR(along / (norm(b[0]) * norm(b[0])), 1, 1e-6);
  }
}

TEST(Spectrum, LargeMatricesOfTwoStages) {
  check_large(1300, 1250, 1);
  check_large(1210, 1500, 2);
}

TEST(Spectrum, LargeMatricesOfLowRankOrEqualValues) {
  const std::vector<double> sixteen = graded(16, 0.1);
  const Matrix<float> low = with_values(1300, 1250, sixteen, 51);
  for (const int precise : {0, 1}) {
    Handle spectrum(low, precise, 16);
    const std::vector<double> s = spectrum.values(20);
    for (int k = 0; k < 16; ++k) EXPECT_NEAR(s[k], sixteen[k], 1e-5);
    for (int k = 16; k < 20; ++k) EXPECT_LT(s[k], precise ? 1e-7 : 1e-3);
    Matrix<float> b(1300, 1250);
    spectrum.project(16, 1, b);
    EXPECT_LT(difference(b, low), 2e-6);
    Matrix<float> u(1300, 8), v(1250, 8);
    spectrum.vectors(8, &u, &v);
    EXPECT_LT(residual(low, u, s, v, 8), 1e-5);
  }
  const Matrix<float> one = identity(1250);
  for (const int precise : {0, 1}) {
    Handle spectrum(one, precise, 300);
    Matrix<float> b(1250, 1250);
    spectrum.project(300, 1, b);  // any 300 directions: a projection of that rank
    double trace = 0;
    for (int64_t i = 0; i < 1250; ++i) trace += static_cast<double>(b(i, i));
    EXPECT_NEAR(trace, 300, 1e-3);
    EXPECT_NEAR(norm(b), std::sqrt(300), 1e-4);
  }
}

// What the leading vectors of binary32 have of directions that are not among the leading ones, weighted by
// their values: next to the cut they are separated in binary64; farther away rounding is not relative to the
// few values that are twenty times as large.
TEST(Spectrum, LeadingVectorsInBinary32StayWithinTheirSpan) {
  for (const int64_t n : {1000, 1250}) {
    const int64_t k = n / 4;
    const Matrix<float> x = normals<float>(n, 16, 71), y = normals<float>(n, 16, 72);
    Matrix<float> a = normals<float>(n, n, 73);
    for (int64_t i = 0; i < n; ++i)
      for (int64_t j = 0; j < n; ++j)
        for (int64_t l = 0; l < 16; ++l) a(i, j) += 1.5f / static_cast<float>(l + 1) * x(i, l) * y(j, l);
    const Decomposition<double> whole = svd64(a);
    Matrix<float> u(n, k), v(n, k);
    Handle(a, 0, k).vectors(k, &u, &v);
    for (const bool left : {true, false}) {
      const Matrix<float>& found = left ? u : v;
      const Matrix<double>& exact = left ? whole.u : whole.v;
      double outside = 0, near_cut = 0, all = 0;
      for (int64_t i = 0; i < k; ++i) {
        std::vector<double> along(n);
        for (int64_t l = 0; l < n; ++l)
          for (int64_t j = k; j < n; ++j) along[j] += exact(l, j) * static_cast<double>(found(l, i));
        const double square = whole.s[i] * whole.s[i];
        for (int64_t j = k; j < n; ++j) {
          outside += along[j] * along[j] * square;
          if (i >= k - 16 && j < k + 16) near_cut += along[j] * along[j] * square;
        }
        all += square;
      }
      EXPECT_LT(std::sqrt(outside / all), 2e-6) << n << (left ? " left" : " right");
      EXPECT_LT(std::sqrt(near_cut / all), 1e-7) << n << (left ? " left" : " right");
    }
  }
}

// In binary32 the zeros of a matrix of low rank are rounding of 3e-4 of the largest value; their sum must not
// count.
TEST(Spectrum, SumOfValuesOfLowRankIsRightInBinary32) {
  for (const auto& [m, n, rank] :
       {std::tuple{400, 300, 10}, {300, 400, 150}, {1300, 1250, 16}, {60, 50, 49}}) {
    const std::vector<double> s = graded(rank, 0.05);
    const Matrix<float> a = with_values(m, n, s, 61);
    const std::vector<double> found = Handle(a, 0, 0).values(std::min(m, n));
    double sum = 0, wanted = 0;
    for (const double x : found) sum += x;
    for (const double x : s) wanted += x;
    EXPECT_NEAR(sum / wanted, 1, 1e-4) << m << " x " << n << " of rank " << rank;
  }
}

}  // namespace
