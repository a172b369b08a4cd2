// Spectrum, SVD, arena and library, against LAPACK's SVD in binary64 and against their own definitions.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "linalg_data.h"

namespace {

using namespace linalg_data;

TEST(Blas, SaysWhatIsInUse) {
  fm_blas_info info{};
  info.struct_size = sizeof info;
  fm_error error;
  ASSERT_EQ(FM_OK, fm_blas_describe(&info, &error)) << error.text;
  EXPECT_STRNE("", info.library);
  EXPECT_STRNE("", info.version);
  EXPECT_STRNE("", info.core);
  if (const char* core = std::getenv("OPENBLAS_CORETYPE")) {
    EXPECT_NE(nullptr, std::strstr(info.ignored, core)) << info.ignored;
  }
}

// The library is opened once a process: each of these runs in a process of its own.
TEST(BlasDeathTest, NamedFileThatIsNoneIsUnsupported) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        setenv("FASTMERGE_BLAS", "/nowhere/libopenblas.so.0", 1);
        fm_blas_info info{};
        info.struct_size = sizeof info;
        fm_error error;
        const bool refused = fm_blas_describe(&info, &error) == FM_UNSUPPORTED;
        std::fputs(error.text, stderr);
        std::exit(refused ? 0 : 1);
      },
      testing::ExitedWithCode(0), "FASTMERGE_BLAS.*/nowhere/libopenblas.so.0");
}

#if defined(__x86_64__)
TEST(BlasDeathTest, CoreTypeIsForcedByOurVariableAlone) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        unsetenv("OPENBLAS_NUM_THREADS");
        setenv("OPENBLAS_CORETYPE", "Sandybridge", 1);
        setenv("FASTMERGE_BLAS_CORETYPE", "Nehalem", 1);
        fm_blas_info info{};
        info.struct_size = sizeof info;
        fm_error error;
        const bool described = fm_blas_describe(&info, &error) == FM_OK;
        const char* left = std::getenv("OPENBLAS_CORETYPE");
        const char* threads = std::getenv("OPENBLAS_NUM_THREADS");
        std::fprintf(stderr, "%s, forced %d, ignored %s, left %s, %s", info.core, info.is_forced,
                     info.ignored, left ? left : "nothing", threads ? threads : "no threads");
        std::exit(described ? 0 : 1);
      },
      testing::ExitedWithCode(0),
      "Nehalem, forced 1, ignored .*OPENBLAS_CORETYPE=Sandybridge.*, left Sandybridge, no threads");
}
#endif

TEST(Arena, TooSmallSaysBothNumbers) {
  fm_arena* arena = nullptr;
  fm_error error;
  ASSERT_EQ(FM_OK, fm_arena_create(1000, 1, &arena, &error));
  const Matrix<float> a = normals<float>(20, 10, 1);
  double s[10];
  fm_matrix view = a.view();
  ASSERT_EQ(FM_OUT_OF_MEMORY, fm_matrix_svd(arena, &view, nullptr, s, nullptr, &error));
  EXPECT_NE(nullptr, std::strstr(error.text, std::to_string(fm_matrix_work(FM_WORK_SVD, 20, 10, 4)).c_str()));
  EXPECT_NE(nullptr, std::strstr(error.text, "1000"));
  fm_arena_destroy(arena);
}

template <class T>
void check_svd(int64_t m, int64_t n) {
  const int64_t p = std::min(m, n);
  const Matrix<T> a = normals<T>(m, n, 7);
  Matrix<T> u(m, p, p + 3), v(n, p, p + 1);
  std::vector<double> s(p);
  const Arena arena(fm_matrix_work(FM_WORK_SVD, m, n, sizeof(T)));
  fm_matrix in = a.view(), left = u.view(), right = v.view();
  fm_error error;
  ASSERT_EQ(FM_OK, fm_matrix_svd(arena.get(), &in, &left, s.data(), &right, &error)) << error.text;
  const double tolerance = sizeof(T) == 4 ? 2e-5 : 1e-13;
  EXPECT_LT(difference(product(u, s, v), a), tolerance);
  for (int64_t k = 0; k < p; ++k) {
    if (k) {
      EXPECT_LE(s[k], s[k - 1]);
    }
    EXPECT_GT(largest_of_column(v, k), 0);
  }
  std::vector<double> values(p);
  ASSERT_EQ(FM_OK, fm_matrix_svd(arena.get(), &in, nullptr, values.data(), nullptr, &error)) << error.text;
  for (int64_t k = 0; k < p; ++k) EXPECT_NEAR(s[k], values[k], tolerance * s[0]);
}

TEST(Svd, IsTheMatrix) {
  for (const auto& [m, n] : {std::pair{40, 40}, {90, 30}, {30, 90}, {300, 20}, {1, 17}, {17, 1}, {1, 1}}) {
    check_svd<float>(m, n);
    check_svd<double>(m, n);
  }
}

struct Case {
  const char* name;
  Matrix<float> a;
};

std::vector<double> graded(int64_t count, double last) {
  std::vector<double> s(count);
  for (int64_t k = 0; k < count; ++k)
    s[k] = std::pow(last, static_cast<double>(k) / static_cast<double>(count - 1));
  return s;
}

Matrix<float> repeated_rows(int64_t m, int64_t n) {
  Matrix<float> a = normals<float>(m, n, 5);
  for (int64_t i = 1; i < m; i += 2)
    for (int64_t j = 0; j < n; ++j) a(i, j) = a(i - 1, j);
  return a;
}

Matrix<float> spike(int64_t m, int64_t n) {
  Matrix<float> a = normals<float>(m, n, 6);
  const Matrix<float> x = normals<float>(m, 1, 8), y = normals<float>(n, 1, 9);
  const double size = 1000 * norm(a) / (norm(x) * norm(y)) / std::sqrt(static_cast<double>(std::min(m, n)));
  for (int64_t i = 0; i < m; ++i)
    for (int64_t j = 0; j < n; ++j) a(i, j) += static_cast<float>(size * x(i, 0) * y(j, 0));
  return a;
}

Matrix<float> scaled(Matrix<float> a, float by) {
  for (float& x : a.data) x *= by;
  return a;
}

Matrix<float> identity(int64_t n) {
  Matrix<float> a(n, n);
  for (int64_t i = 0; i < n; ++i) a(i, i) = 1;
  return a;
}

std::vector<Case> cases() {
  return {{"square", normals<float>(70, 70, 1)},
          {"tall", normals<float>(150, 40, 2)},
          {"wide", normals<float>(40, 150, 3)},
          {"very tall", normals<float>(2500, 20, 4)},
          {"very wide", normals<float>(20, 2500, 4)},
          {"rank 5", with_values(60, 50, {5, 4, 3, 2, 1}, 11)},
          {"zero", Matrix<float>(30, 20)},
          {"row", normals<float>(1, 33, 12)},
          {"column", normals<float>(33, 1, 13)},
          {"one", normals<float>(1, 1, 14)},
          {"repeated rows", repeated_rows(64, 48)},
          {"spike", spike(80, 60)},
          {"graded", with_values(64, 64, graded(64, 1e-7), 15)},
          {"equal values", with_values(50, 50, std::vector<double>(50, 2.0), 16)},
          {"identity", identity(40)},
          {"tiny", scaled(normals<float>(40, 30, 17), 1e-33f)},
          {"huge", scaled(normals<float>(30, 40, 18), 1e33f)}};
}

// A spectrum in an arena of exactly the bytes that are foretold for vectors up to k.
class Handle {
 public:
  Handle(const Matrix<float>& a, int precise, int64_t k, int threads = 1)
      : arena_(fm_matrix_work(precise ? FM_WORK_SPECTRUM : FM_WORK_SPECTRUM_F32, a.rows, a.columns, k),
               threads) {
    const fm_matrix in = a.view();
    fm_error error;
    EXPECT_EQ(FM_OK, fm_spectrum_create(arena_.get(), &in, precise, &spectrum_, &error)) << error.text;
  }
  ~Handle() { fm_spectrum_destroy(spectrum_); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  std::vector<double> values(int64_t count) const {
    std::vector<double> s(count);
    fm_error error;
    EXPECT_EQ(FM_OK, fm_spectrum_values(spectrum_, s.data(), count, &error)) << error.text;
    return s;
  }
  void vectors(int64_t k, Matrix<float>* u, Matrix<float>* v) {
    fm_matrix left = u ? u->view() : fm_matrix{}, right = v ? v->view() : fm_matrix{};
    fm_error error;
    EXPECT_EQ(FM_OK, fm_spectrum_vectors(spectrum_, k, u ? &left : nullptr, v ? &right : nullptr, &error))
        << error.text;
  }
  void project(int64_t k, double scale, Matrix<float>& b) {
    fm_matrix out = b.view();
    fm_error error;
    EXPECT_EQ(FM_OK, fm_spectrum_project(spectrum_, k, scale, &out, &error)) << error.text;
  }

 private:
  Arena arena_;
  fm_spectrum* spectrum_ = nullptr;
};

int64_t small_side(const Matrix<float>& a) { return std::min(a.rows, a.columns); }

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

TEST(Arena, OneThreadEachRunSideBySideWithTheSameBits) {
  const Matrix<float> a = normals<float>(200, 150, 27);
  Matrix<float> alone(200, 150);
  Handle(a, 1, 50).project(50, 1, alone);
  std::vector<Matrix<float>> found(8, Matrix<float>(200, 150));
  {
    std::vector<std::jthread> threads;
    for (size_t i = 0; i < found.size(); ++i)
      threads.emplace_back(
          [&, i] { Handle(a, 1, 50, 1 + static_cast<int>(i) % 2).project(50, 1, found[i]); });
  }
  for (size_t i = 0; i < found.size(); i += 2) EXPECT_EQ(alone.data, found[i].data);
  for (size_t i = 3; i < found.size(); i += 2) EXPECT_EQ(found[1].data, found[i].data);
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

TEST(Spectrum, SeveralShareAnArenaAndEndInAnyOrder) {
  const Matrix<float> a = normals<float>(40, 30, 25), b = normals<float>(30, 50, 26);
  const Arena arena(int64_t{4} << 20);
  const fm_matrix first = a.view(), second = b.view();
  fm_spectrum *one = nullptr, *two = nullptr, *three = nullptr;
  fm_error error;
  ASSERT_EQ(FM_OK, fm_spectrum_create(arena.get(), &first, 1, &one, &error));
  ASSERT_EQ(FM_OK, fm_spectrum_create(arena.get(), &second, 1, &two, &error));
  fm_spectrum_destroy(one);
  ASSERT_EQ(FM_OK, fm_spectrum_create(arena.get(), &first, 0, &three, &error));
  const Decomposition<double> whole = svd64(b);
  std::vector<double> s(30);
  ASSERT_EQ(FM_OK, fm_spectrum_values(two, s.data(), 30, &error));
  for (int k = 0; k < 30; ++k) EXPECT_NEAR(s[k], whole.s[k], 1e-7 * whole.s[0]);
  fm_spectrum_destroy(two);
  fm_spectrum_destroy(three);
}

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

}  // namespace
