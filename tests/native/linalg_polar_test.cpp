// The polar factor against the SVD in binary64.
#include <array>
#include <cstring>
#include <limits>

#include "linalg_cases.h"

namespace fm_test {
namespace {

constexpr double kTolerance = 0x1p-21;

struct Expected {
  Matrix q;
  int64_t rank = 0;
  double nuclear = 0, gap = 1;  // gap: the smallest singular value that is in, over the largest
};

Expected expected_polar(const Matrix& a, double tolerance = kTolerance) {
  const Decomposition d = svd(a);
  Expected e{Matrix(a.rows, a.columns)};
  for (size_t k = 0; k < d.s.size(); ++k) {
    if (d.s[k] <= tolerance * d.s[0]) break;
    ++e.rank;
    e.nuclear += d.s[k];
    e.gap = d.s[k] / d.s[0];
    const auto c = static_cast<int64_t>(k);
    for (int64_t i = 0; i < a.rows; ++i)
      for (int64_t j = 0; j < a.columns; ++j) e.q.at(i, j) += d.u.at(i, c) * d.v.at(j, c);
  }
  return e;
}

struct Polar {
  Dense<float> q;
  fm_polar options;
  fm_status status;
  fm_error error;
};

Polar polar(const Dense<float>& a, bool exact = false, int policy = FM_POLAR_PARTIAL, double tolerance = 0,
            bool in_place = false, int threads = 1) {
  Polar p{in_place ? a : Dense<float>(a.rows, a.columns, a.gap), {}, FM_OK, {}};
  p.options.struct_size = sizeof(fm_polar);
  p.options.policy = policy;
  p.options.exact = exact;
  p.options.tolerance = tolerance;
  const int64_t mode = policy == FM_POLAR_COMPLETE ? 2 : exact;
  const ArenaHandle arena = arena_of(fm_matrix_work(FM_WORK_POLAR, a.rows, a.columns, mode), threads);
  const fm_matrix in = in_place ? p.q.view() : a.view();
  fm_matrix out = p.q.view();
  p.status = fm_matrix_polar(arena.get(), &in, &p.options, &out, &p.error);
  return p;
}

TEST(LinalgPolar, IsTheProductOfTheSingularVectors) {
  for (const auto& [name, a] : hard_matrices()) {
    const Expected e = expected_polar(a);
    for (const bool exact : {false, true}) {
      const Polar p = polar(a.as<float>(3), exact);
      ASSERT_EQ(p.status, FM_OK) << name << ": " << p.error.text;
      EXPECT_EQ(p.options.rank, e.rank) << name;
      EXPECT_TRUE(p.q.gaps_are_whole()) << name;
      const double length = std::sqrt(static_cast<double>(std::max<int64_t>(e.rank, 1)));
      const double allowed = exact ? 1e-7 + 1e-15 / (e.gap * e.gap) : 3e-6 + 3e-9 / e.gap;
      EXPECT_LE(distance(p.q, e.q), allowed * length) << name << (exact ? ", exact" : "");
      EXPECT_NEAR(p.options.nuclear_norm, e.nuclear, 1e-6 * e.nuclear) << name;
    }
  }
}

TEST(LinalgPolar, InPlaceAndStridesGiveTheSameBits) {
  for (const auto& [name, a] : hard_matrices()) {
    const Polar plain = polar(a.as<float>()), gaps = polar(a.as<float>(5)),
                in_place = polar(a.as<float>(2), false, FM_POLAR_PARTIAL, 0, true),
                again = polar(a.as<float>());
    EXPECT_EQ(distance(plain.q, gaps.q), 0) << name;
    EXPECT_EQ(distance(plain.q, in_place.q), 0) << name;
    EXPECT_TRUE(in_place.q.gaps_are_whole()) << name;
    EXPECT_EQ(std::memcmp(plain.q.data.data(), again.q.data.data(), 4 * plain.q.data.size()), 0) << name;
    EXPECT_EQ(plain.options.nuclear_norm, again.options.nuclear_norm) << name;
  }
}

TEST(LinalgPolar, TwoThreadsGiveTheSameBitsTwice) {
  for (const auto& [m, n] : {std::pair<int64_t, int64_t>{300, 300}, {700, 200}}) {
    const Dense<float> a = task_matrix(m, n, 77).as<float>();
    const Polar first = polar(a, false, FM_POLAR_PARTIAL, 0, false, 2);
    const Polar second = polar(a, false, FM_POLAR_PARTIAL, 0, false, 2);
    EXPECT_EQ(std::memcmp(first.q.data.data(), second.q.data.data(), 4 * first.q.data.size()), 0);
  }
}

TEST(LinalgPolar, LeavesOutWhatTheToleranceSays) {
  std::vector<double> s(96);
  for (size_t k = 0; k < s.size(); ++k) s[k] = std::pow(10.0, -static_cast<double>(k) / 24);  // 1 to 1e-4
  for (const auto& [m, n] : {std::pair<int64_t, int64_t>{96, 96}, {300, 96}, {96, 200}})
    for (const double tolerance : {3e-4, 1.05e-2, 0.3}) {
      const Matrix a = with_spectrum(m, n, s, 21);
      const Expected e = expected_polar(a, tolerance);
      for (const bool exact : {false, true}) {
        const Polar p = polar(a.as<float>(), exact, FM_POLAR_PARTIAL, tolerance);
        ASSERT_EQ(p.status, FM_OK) << p.error.text;
        EXPECT_EQ(p.options.rank, e.rank) << m << " x " << n << ", " << tolerance;
        EXPECT_LE(distance(p.q, e.q), 1e-5 * std::sqrt(96.0)) << m << " x " << n << ", " << tolerance;
      }
    }
}

TEST(LinalgPolar, ErrorIsNotAboveTheSvdInSinglePrecision) {
  for (const auto& [name, a] : hard_matrices()) {
    const Expected e = expected_polar(a);
    if (e.rank < std::min(a.rows, a.columns)) continue;
    const Polar ours = polar(a.as<float>()), lapack = polar(a.as<float>(), false, FM_POLAR_COMPLETE);
    ASSERT_EQ(lapack.status, FM_OK) << lapack.error.text;
    const double floor = 5e-7 * std::sqrt(static_cast<double>(e.rank));  // the size of one rounding
    EXPECT_LE(distance(ours.q, e.q), std::max(floor, distance(lapack.q, e.q))) << name;
  }
}

TEST(LinalgPolar, ErrorOfALargeOneIsNotAboveTheSvdInSinglePrecision) {
  const Dense<float> a = random_matrix(1024, 1024, 51).as<float>();
  const Matrix exact = polar(a, true).q.as<double>();
  EXPECT_LE(distance(polar(a).q, exact), distance(polar(a, false, FM_POLAR_COMPLETE).q, exact));
}

TEST(LinalgPolar, TheLargestSingularValueIsEstimated) {
  for (const auto& [name, a] : hard_matrices()) {
    const double s = svd(a).s[0], found = polar(a.as<float>()).options.largest;
    EXPECT_LE(found, s * (1 + 1e-6)) << name;
    EXPECT_GE(found, s * 0.98) << name;
  }
}

// (1 - 2 u u^T) D (1 - 2 v v^T) with unit vectors u and v.
Dense<float> reflected(const std::vector<double>& d, uint64_t seed) {
  const auto n = static_cast<int64_t>(d.size());
  Matrix u = random_matrix(n, 1, seed), v = random_matrix(n, 1, seed + 1), a(n, n);
  for (Matrix* x : {&u, &v}) {
    const double length = std::sqrt(2.0) / norm(*x);
    for (double& e : x->data) e *= length;
  }
  double udv = 0;
  for (size_t i = 0; i < d.size(); ++i) udv += u.data[i] * d[i] * v.data[i];
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j < n; ++j) {
      const auto r = static_cast<size_t>(i), c = static_cast<size_t>(j);
      a.at(i, j) = (i == j ? d[r] : 0) - u.data[r] * u.data[c] * d[c] - d[r] * v.data[r] * v.data[c] +
                   u.data[r] * udv * v.data[c];
    }
  return a.as<float>();
}

// Directions close to the tolerance are told apart also where many others are small.
TEST(LinalgPolar, LargeOnesLeaveOutOnlyWhatIsBelowTheTolerance) {
  constexpr size_t n = 600;
  for (const size_t small : {0, 6, 40})
    for (const double last : {0.7, 1.3, 3.0, 30.0}) {
      std::vector<double> s(n);
      for (size_t k = 0; k < n; ++k) s[k] = std::pow(10.0, -2 * static_cast<double>(k) / n);
      for (size_t k = n - 1 - small; k < n; ++k) s[k] = 1e-5;
      s[n - 1] = last * kTolerance;
      const Dense<float> a = reflected(s, 61);
      for (const bool exact : {false, true}) {
        const Polar p = polar(a, exact);
        ASSERT_EQ(p.status, FM_OK) << p.error.text;
        EXPECT_EQ(p.options.rank, last < 1 ? n - 1 : n) << small << ", " << last << ", " << exact;
        EXPECT_NEAR(norm(p.q.as<double>()), std::sqrt(static_cast<double>(p.options.rank)), 1e-4);
      }
    }
}

TEST(LinalgPolar, CompleteHasOrthonormalVectorsAlsoWhereTheMatrixHasNone) {
  const Matrix a = product(random_matrix(40, 3, 1), random_matrix(3, 30, 2));
  const Polar p = polar(a.as<float>(1), false, FM_POLAR_COMPLETE);
  ASSERT_EQ(p.status, FM_OK) << p.error.text;
  EXPECT_EQ(p.options.rank, 30);
  Matrix identity(30, 30);
  for (int64_t i = 0; i < 30; ++i) identity.at(i, i) = 1;
  const Matrix q = p.q.as<double>();
  EXPECT_LE(distance(product(q.transposed(), q), identity), 1e-4);
  EXPECT_TRUE(p.q.gaps_are_whole());
}

TEST(LinalgPolar, TransposeOfTheInputIsTransposeOfTheResult) {
  for (const auto& [name, a] : hard_matrices()) {
    const Polar p = polar(a.as<float>()), t = polar(a.transposed().as<float>());
    EXPECT_EQ(p.options.rank, t.options.rank) << name;
    EXPECT_LE(distance(p.q.transposed(), t.q), 1e-3) << name;
  }
}

// C = op(a) op(b) by the library, for matrices that plain loops are too slow for.
Dense<float> library_product(const Dense<float>& a, bool ta, const Dense<float>& b, bool tb) {
  Dense<float> c(ta ? a.columns : a.rows, tb ? b.rows : b.columns);
  const ArenaHandle arena = arena_of(0);
  const fm_matrix l = a.view(), r = b.view();
  fm_matrix out = c.view();
  EXPECT_EQ(fm_matrix_multiply(arena.get(), 1, &l, ta, &r, tb, 0, &out, nullptr), FM_OK);
  return c;
}

// Q^T Q = 1 and Q^T A symmetric and positive: what makes Q the polar factor.
TEST(LinalgPolar, LargeOnesKeepTheIdentities) {
  for (const auto& [m, n] : {std::pair<int64_t, int64_t>{1100, 1050}, {600, 600}, {2500, 520}, {520, 2500}}) {
    const Matrix a = task_matrix(m, n, 31);
    const Polar p = polar(a.as<float>());
    ASSERT_EQ(p.status, FM_OK) << p.error.text;
    const bool tall = m >= n;
    const int64_t side = std::min(m, n);
    EXPECT_EQ(p.options.rank, side);
    const Dense<float> square = library_product(p.q, tall, p.q, !tall);
    const Dense<float> h = library_product(p.q, tall, a.as<float>(), !tall);
    double off = 0, skew = 0, size = 0, trace = 0;
    for (int64_t i = 0; i < side; ++i) {
      trace += static_cast<double>(h.at(i, i));
      for (int64_t j = 0; j < side; ++j) {
        off += std::pow(square.at(i, j) - (i == j), 2);
        skew += std::pow(h.at(i, j) - h.at(j, i), 2);
        size += std::pow(h.at(i, j), 2);
      }
    }
    EXPECT_LE(std::sqrt(off), 3e-6 * std::sqrt(static_cast<double>(side)));
    EXPECT_LE(std::sqrt(skew), 3e-6 * std::sqrt(size));
    EXPECT_NEAR(trace, p.options.nuclear_norm, 1e-6 * trace);
    EXPECT_LE(distance(p.q, polar(a.as<float>(), true).q), 3e-6 * std::sqrt(static_cast<double>(side)));
  }
}

// Q Q^T A = A, ||Q||_F^2 = rank and Q^T A symmetric: what makes Q the partial isometry of A.
TEST(LinalgPolar, LargeOnesOfDeficientRankKeepTheIdentities) {
  const int64_t n = 560;
  for (const auto& [rows, copies, rank] : {std::array<int64_t, 3>{600, 1, n - 1},
                                           {600, n / 2, n / 2},
                                           {1200, 3, n - 3},
                                           {600, 0, 9},
                                           {1200, 0, 9}}) {
    Matrix a = task_matrix(rows, n, 41);
    for (int64_t i = 0; i < rows; ++i) std::copy_n(&a.at(i, 0), copies, &a.at(i, n - copies));
    if (copies == 0) a = product(random_matrix(rows, rank, 42), random_matrix(rank, n, 43));
    for (const bool exact : {false, true}) {
      const Dense<float> in = a.as<float>();
      const Polar p = polar(in, exact);
      ASSERT_EQ(p.status, FM_OK) << p.error.text;
      EXPECT_EQ(p.options.rank, rank);
      const Matrix q = p.q.as<double>();
      EXPECT_NEAR(norm(q) * norm(q), static_cast<double>(rank), 1e-5 * static_cast<double>(rank));
      const Dense<float> h = library_product(p.q, true, in, false),
                         back = library_product(p.q, false, h, false);
      EXPECT_LE(distance(back, in), 2e-6 * norm(in.as<double>()));
      EXPECT_LE(distance(h, h.transposed()), 3e-6 * norm(h.as<double>()));
      double trace = 0;
      for (int64_t i = 0; i < n; ++i) trace += static_cast<double>(h.at(i, i));
      EXPECT_NEAR(trace, p.options.nuclear_norm, 1e-6 * trace);
    }
  }
}

TEST(LinalgPolar, RefusesNumbersThatAreNone) {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()})
    for (const int policy : {FM_POLAR_PARTIAL, FM_POLAR_COMPLETE}) {
      Dense<float> a = task_matrix(20, 20, 1).as<float>();
      a.at(7, 3) = bad;
      const Polar p = polar(a, false, policy);
      EXPECT_EQ(p.status, FM_INVALID_ARGUMENT);
      EXPECT_STREQ(p.error.text, "fm_matrix_polar: a: 1 of 20 x 20 elements are NaN or Inf");
    }
}

TEST(LinalgPolar, MemoryIsAMatterOfTheSmallerSide) {
  for (const int64_t exact : {0, 1})
    EXPECT_EQ(fm_matrix_work(FM_WORK_POLAR, 131072, 512, exact),
              fm_matrix_work(FM_WORK_POLAR, 512, 512, exact));
}

TEST(LinalgPolar, AnArenaTooSmallIsNamed) {
  const Dense<float> a = task_matrix(64, 64, 1).as<float>();
  Dense<float> q(64, 64);
  const ArenaHandle arena = arena_of(4096);
  fm_polar options{};
  options.struct_size = sizeof options;
  const fm_matrix in = a.view();
  fm_matrix out = q.view();
  fm_error error{};
  EXPECT_EQ(fm_matrix_polar(arena.get(), &in, &options, &out, &error), FM_OUT_OF_MEMORY);
  EXPECT_NE(std::string(error.text).find("4096"), std::string::npos) << error.text;
}

}  // namespace
}  // namespace fm_test
