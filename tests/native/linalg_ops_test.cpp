// Products, sums, scalings, Gram matrices, QR and systems against plain binary64 loops.
#include <cstring>
#include <limits>

#include "linalg_cases.h"

namespace fm_test {
namespace {

template <class T>
constexpr double kUnit = static_cast<double>(std::numeric_limits<T>::epsilon());

template <class T>
class LinalgOps : public testing::Test {};
using Types = testing::Types<float, double>;
TYPED_TEST_SUITE(LinalgOps, Types);

Matrix identity(int64_t n) {
  Matrix one(n, n);
  for (int64_t i = 0; i < n; ++i) one.at(i, i) = 1;
  return one;
}

TYPED_TEST(LinalgOps, MultiplyTransposesAndAdds) {
  const ArenaHandle arena = arena_of(fm_matrix_work(FM_WORK_MULTIPLY, 23, 31, 17));
  for (const bool ta : {false, true})
    for (const bool tb : {false, true})
      for (const double beta : {0.0, -0.75}) {
        const Matrix a = random_matrix(23, 17, 1).as<TypeParam>().template as<double>();
        const Matrix b = random_matrix(17, 31, 2).as<TypeParam>().template as<double>();
        Matrix expected = random_matrix(23, 31, 3).as<TypeParam>().template as<double>();
        auto c = expected.as<TypeParam>(4);
        const Matrix ab = product(a, b);
        for (size_t i = 0; i < ab.data.size(); ++i)
          expected.data[i] = 1.5 * ab.data[i] + beta * expected.data[i];
        if (beta == 0) c.at(3, 4) = std::numeric_limits<TypeParam>::quiet_NaN();  // is not read
        const auto left = (ta ? a.transposed() : a).template as<TypeParam>(2);
        const auto right = (tb ? b.transposed() : b).template as<TypeParam>(1);
        const fm_matrix l = left.view(), r = right.view();
        fm_matrix out = c.view();
        fm_error error{};
        ASSERT_EQ(fm_matrix_multiply(arena.get(), 1.5, &l, ta, &r, tb, beta, &out, &error), FM_OK)
            << error.text;
        EXPECT_LE(distance(c, expected), 40 * kUnit<TypeParam> * norm(expected));
        EXPECT_TRUE(c.gaps_are_whole());
      }
}

TEST(LinalgShapes, MultiplyNamesWhatDoesNotFit) {
  const ArenaHandle arena = arena_of(0);
  const Dense<float> a(3, 4), b(5, 6);
  Dense<float> c(3, 6);
  const fm_matrix l = a.view(), r = b.view();
  fm_matrix out = c.view();
  fm_error error{};
  EXPECT_EQ(fm_matrix_multiply(arena.get(), 1, &l, 0, &r, 0, 0, &out, &error), FM_INVALID_ARGUMENT);
  EXPECT_STREQ(error.text, "fm_matrix_multiply: b: 5 x 6, 4 x 6 is accepted");
}

template <class A, class B>
void check_add(bool transposed, double beta) {
  const Matrix a = random_matrix(70, 133, 1).as<A>().template as<double>();
  const Matrix b = random_matrix(70, 133, 2).as<B>().template as<double>();
  const auto in = (transposed ? a.transposed() : a).template as<A>(3);
  auto sum = b.as<B>(2);
  const fm_matrix from = in.view();
  fm_matrix to = sum.view();
  fm_error error{};
  ASSERT_EQ(fm_matrix_add(0.3, &from, transposed, beta, &to, &error), FM_OK) << error.text;
  for (int64_t i = 0; i < 70; ++i)
    for (int64_t j = 0; j < 133; ++j) {
      const double expected = beta == 0 ? 0.3 * a.at(i, j) : 0.3 * a.at(i, j) + beta * b.at(i, j);
      ASSERT_EQ(sum.at(i, j), static_cast<B>(expected));
    }
  EXPECT_TRUE(sum.gaps_are_whole());
}

TEST(LinalgAdd, IsInBinary64RoundedOnce) {
  for (const bool transposed : {false, true})
    for (const double beta : {0.0, 1.0, -0.6}) {
      check_add<float, float>(transposed, beta);
      check_add<float, double>(transposed, beta);
      check_add<double, float>(transposed, beta);
      check_add<double, double>(transposed, beta);
    }
}

TYPED_TEST(LinalgOps, ScaleMultipliesRowsAndColumns) {
  const Matrix a = random_matrix(19, 45, 1).as<TypeParam>().template as<double>();
  const Matrix rows = random_matrix(19, 1, 2), columns = random_matrix(45, 1, 3);
  for (int which = 0; which < 4; ++which) {
    auto scaled = a.as<TypeParam>(3);
    fm_matrix view = scaled.view();
    const double* r = which & 1 ? rows.data.data() : nullptr;
    const double* c = which & 2 ? columns.data.data() : nullptr;
    ASSERT_EQ(fm_matrix_scale(&view, r, c, nullptr), FM_OK);
    for (int64_t i = 0; i < 19; ++i)
      for (int64_t j = 0; j < 45; ++j) {
        const double expected = a.at(i, j) * ((r ? r[i] : 1) * (c ? c[j] : 1));
        ASSERT_EQ(scaled.at(i, j), static_cast<TypeParam>(expected));
      }
    EXPECT_TRUE(scaled.gaps_are_whole());
  }
}

TYPED_TEST(LinalgOps, DotsOfRowsAndColumns) {
  const Matrix a = random_matrix(37, 83, 1).as<TypeParam>().template as<double>(),
               b = random_matrix(37, 83, 2);
  const auto left = a.as<TypeParam>(2);
  const auto right = b.as<double>(1);
  const fm_matrix l = left.view(), r = right.view();
  std::vector<double> rows(37), columns(83), by_rows(37), by_columns(83);
  for (int64_t i = 0; i < 37; ++i)
    for (int64_t j = 0; j < 83; ++j) {
      rows[static_cast<size_t>(i)] += a.at(i, j) * b.at(i, j);
      columns[static_cast<size_t>(j)] += a.at(i, j) * b.at(i, j);
    }
  ASSERT_EQ(fm_matrix_dots(&l, &r, 0, by_rows.data(), nullptr), FM_OK);
  ASSERT_EQ(fm_matrix_dots(&r, &l, 1, by_columns.data(), nullptr), FM_OK);
  for (size_t i = 0; i < 37; ++i) EXPECT_NEAR(by_rows[i], rows[i], 1e-12);
  for (size_t j = 0; j < 83; ++j) EXPECT_NEAR(by_columns[j], columns[j], 1e-12);
}

TYPED_TEST(LinalgOps, CountsWhatIsNotFinite) {
  auto a = random_matrix(31, 17, 1).as<TypeParam>(5);
  fm_matrix view = a.view();
  int64_t count = -1;
  ASSERT_EQ(fm_matrix_count_nonfinite(&view, &count, nullptr), FM_OK);
  EXPECT_EQ(count, 0);
  a.at(0, 0) = std::numeric_limits<TypeParam>::quiet_NaN();
  a.at(30, 16) = -std::numeric_limits<TypeParam>::infinity();
  a.at(7, 7) = std::numeric_limits<TypeParam>::max();
  a.data[17] = std::numeric_limits<TypeParam>::quiet_NaN();  // in a gap
  ASSERT_EQ(fm_matrix_count_nonfinite(&view, &count, nullptr), FM_OK);
  EXPECT_EQ(count, 2);
}

TYPED_TEST(LinalgOps, GramOfEitherSide) {
  for (const auto& [m, n] : {std::pair<int64_t, int64_t>{2500, 30}, {30, 2500}, {1024, 33}, {1, 9}, {9, 1}})
    for (const int of_rows : {0, 1}) {
      const int64_t side = of_rows ? m : n;
      if (side > 1100) continue;
      const Matrix a = random_matrix(m, n, 5).template as<TypeParam>().template as<double>();
      Matrix expected = of_rows ? product(a, a.transposed()) : product(a.transposed(), a);
      Matrix start = random_matrix(side, side, 6);
      for (int64_t i = 0; i < side; ++i)
        for (int64_t j = 0; j < i; ++j) start.at(i, j) = start.at(j, i);
      for (size_t i = 0; i < start.data.size(); ++i)
        expected.data[i] = 0.5 * expected.data[i] + 2 * start.data[i];
      auto g = start.as<double>(3);
      const auto in = a.as<TypeParam>(2);
      const fm_matrix from = in.view();
      fm_matrix to = g.view();
      const ArenaHandle arena = arena_of(fm_matrix_work(FM_WORK_GRAM, m, n, of_rows));
      fm_error error{};
      ASSERT_EQ(fm_matrix_gram(arena.get(), 0.5, &from, of_rows, 2, &to, &error), FM_OK) << error.text;
      EXPECT_LE(distance(g, expected), 1e-13 * norm(expected));
      EXPECT_TRUE(g.gaps_are_whole());
      for (int64_t i = 0; i < side; ++i)
        for (int64_t j = 0; j < i; ++j) ASSERT_EQ(g.at(i, j), g.at(j, i));
    }
}

template <class T>
struct Qr {
  Dense<T> q, r;
};

template <class T>
Qr<T> qr(const Matrix& a, bool in_place) {
  Qr<T> f{in_place ? a.as<T>(2) : Dense<T>(a.rows, a.columns, 2), Dense<T>(a.columns, a.columns, 1)};
  const auto input = a.as<T>(5);
  const fm_matrix in = in_place ? f.q.view() : input.view();
  fm_matrix q = f.q.view(), r = f.r.view();
  const ArenaHandle arena = arena_of(fm_matrix_work(FM_WORK_QR, a.rows, a.columns, 0));
  fm_error error{};
  EXPECT_EQ(fm_matrix_qr(arena.get(), &in, &q, &r, &error), FM_OK) << error.text;
  return f;
}

TYPED_TEST(LinalgOps, QrIsThinAndHasAPositiveDiagonal) {
  Matrix dependent = random_matrix(60, 20, 9);
  for (int64_t i = 0; i < 60; ++i) {
    dependent.at(i, 4) = dependent.at(i, 0) - 2 * dependent.at(i, 3);
    dependent.at(i, 11) = 0;
  }
  for (const Matrix& a : {random_matrix(90, 40, 7), random_matrix(50, 50, 8), random_matrix(5, 1, 1),
                          dependent, Matrix(12, 5)}) {
    const double unit = 30 * kUnit<TypeParam>;
    const Qr<TypeParam> f = qr<TypeParam>(a, false);
    const Matrix q = f.q.template as<double>(), r = f.r.template as<double>();
    EXPECT_LE(distance(product(q, r), a), unit * norm(a));
    EXPECT_LE(distance(product(q.transposed(), q), identity(a.columns)), unit * std::sqrt(a.columns));
    for (int64_t i = 0; i < a.columns; ++i) {
      EXPECT_GE(r.at(i, i), 0);
      for (int64_t j = 0; j < i; ++j) EXPECT_EQ(r.at(i, j), 0);
    }
    EXPECT_TRUE(f.q.gaps_are_whole() && f.r.gaps_are_whole());
    EXPECT_EQ(distance(qr<TypeParam>(a, true).q, f.q), 0);
  }
  const Qr<TypeParam> f = qr<TypeParam>(dependent, false);
  for (int64_t j = 0; j < 20; ++j) EXPECT_EQ(f.r.at(j, j) == 0, j == 4 || j == 11) << j;
}

TYPED_TEST(LinalgOps, SolveIsTheRightHandSideTimesTheInverse) {
  const Matrix half = random_matrix(80, 60, 1),
               b = random_matrix(1500, 60, 2).as<TypeParam>().template as<double>();
  const Matrix gram = product(half.transposed(), half);
  for (const double ridge : {0.0, 0.25})
    for (const bool in_place : {false, true}) {
      auto g = gram.as<double>(3);
      double trace = 0, used = -1;
      for (int64_t i = 0; i < 60; ++i) trace += gram.at(i, i);
      Matrix with_ridge = gram;
      for (int64_t i = 0; i < 60; ++i) with_ridge.at(i, i) += ridge * trace / 60;
      auto x = in_place ? b.as<TypeParam>(4) : Dense<TypeParam>(1500, 60, 4);
      const auto input = b.as<TypeParam>(1);
      fm_matrix system = g.view(), out = x.view();
      const fm_matrix in = in_place ? x.view() : input.view();
      const ArenaHandle arena = arena_of(fm_matrix_work(FM_WORK_SOLVE, 1500, 60, 0));
      fm_error error{};
      ASSERT_EQ(fm_matrix_solve(arena.get(), &system, ridge, &in, &out, &used, &error), FM_OK) << error.text;
      EXPECT_EQ(used, ridge);
      EXPECT_LE(distance(product(x.template as<double>(), with_ridge), b), 200 * kUnit<TypeParam> * norm(b));
      EXPECT_TRUE(x.gaps_are_whole() && g.gaps_are_whole());
    }
}

TEST(LinalgSolve, ASingularSystemGetsARidgeAndNothingGivesNothing) {
  const Matrix half = random_matrix(5, 30, 1);
  Matrix g = product(half.transposed(), half), zero(30, 30);
  const Matrix b = product(random_matrix(4, 30, 2), g);
  Matrix x(4, 30);
  fm_matrix system = g.view(), out = x.view(), nothing = zero.view();
  const Matrix g_before = g;
  const fm_matrix in = b.view();
  const ArenaHandle arena = arena_of(fm_matrix_work(FM_WORK_SOLVE, 4, 30, 0));
  double used = -1;
  ASSERT_EQ(fm_matrix_solve(arena.get(), &system, 0, &in, &out, &used, nullptr), FM_OK);
  EXPECT_LE(used, 1e-9);
  EXPECT_LE(distance(product(x, g_before), b), 1e-4 * norm(b));
  ASSERT_EQ(fm_matrix_solve(arena.get(), &nothing, 0, &in, &out, &used, nullptr), FM_OK);
  EXPECT_EQ(norm(x), 0);
  zero.at(3, 3) = -1;
  fm_error error{};
  EXPECT_EQ(fm_matrix_solve(arena.get(), &nothing, 0, &in, &out, &used, &error), FM_INVALID_ARGUMENT);
  EXPECT_NE(std::string(error.text).find("positive definite"), std::string::npos) << error.text;
  zero.at(3, 3) = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(fm_matrix_solve(arena.get(), &nothing, 0, &in, &out, &used, &error), FM_INVALID_ARGUMENT);
  EXPECT_NE(std::string(error.text).find("NaN"), std::string::npos) << error.text;
}

// Unit columns.
Matrix features(int64_t m, int64_t k, uint64_t seed) {
  Matrix u = random_matrix(m, k, seed);
  for (int64_t j = 0; j < k; ++j) {
    double square = 0;
    for (int64_t i = 0; i < m; ++i) square += u.at(i, j) * u.at(i, j);
    for (int64_t i = 0; i < m; ++i) u.at(i, j) /= std::sqrt(square);
  }
  return u.as<float>().as<double>();
}

// u_k^T (sum of w_l u_l v_l^T) v_k for each k.
std::vector<double> strengths(const Matrix& u, const Matrix& v, const std::vector<double>& w) {
  Matrix scaled = u;
  for (int64_t i = 0; i < u.rows; ++i)
    for (int64_t j = 0; j < u.columns; ++j) scaled.at(i, j) *= w[static_cast<size_t>(j)];
  const Matrix d = product(product(scaled, v.transposed()), v);
  std::vector<double> s(w.size());
  for (int64_t i = 0; i < u.rows; ++i)
    for (int64_t j = 0; j < u.columns; ++j) s[static_cast<size_t>(j)] += u.at(i, j) * d.at(i, j);
  return s;
}

void check_features(int64_t m, int64_t n, int64_t k, double allowed) {
  const Matrix u = features(m, k, 1), v = features(n, k, 2);
  const auto left = u.as<float>(1), right = v.as<float>(2);
  const fm_matrix l = left.view(), r = right.view();
  const auto size = static_cast<size_t>(k);
  std::vector<double> s(size), w(size);
  for (size_t i = 0; i < size; ++i) s[i] = 1 + 0.01 * static_cast<double>(i % 50);
  double residual = -1;
  const ArenaHandle arena = arena_of(fm_matrix_work(FM_WORK_SOLVE, m, n, k));
  fm_error error{};
  ASSERT_EQ(fm_matrix_feature_weights(arena.get(), &l, &r, s.data(), 0, w.data(), &residual, &error), FM_OK)
      << error.text;
  const std::vector<double> back = strengths(u, v, w);
  double off = 0, all = 0;
  for (size_t i = 0; i < size; ++i) {
    off += (back[i] - s[i]) * (back[i] - s[i]);
    all += s[i] * s[i];
  }
  EXPECT_LE(std::sqrt(off / all), allowed) << k;
  EXPECT_LE(residual, allowed) << k;
}

TEST(LinalgFeatures, WeightsGiveEachFeatureItsStrength) {
  check_features(20, 30, 1, 1e-10);
  check_features(24, 30, 100, 1e-9);
  check_features(60, 40, 700, 1e-9);
}

TEST(LinalgFeatures, ManyAreSolvedByConjugateGradients) { check_features(130, 120, 4200, 1e-9); }

TEST(LinalgFeatures, DuplicatesShareTheStrengthAndZerosGetNone) {
  Matrix u = features(30, 6, 1), v = features(20, 6, 2);
  for (int64_t i = 0; i < 30; ++i) u.at(i, 5) = u.at(i, 0), u.at(i, 3) = 0;
  for (int64_t i = 0; i < 20; ++i) v.at(i, 5) = v.at(i, 0), v.at(i, 3) = 0;
  const auto left = u.as<float>(), right = v.as<float>();
  const fm_matrix l = left.view(), r = right.view();
  const std::vector<double> s{2, 1, 1, 0, 1, 2};
  std::vector<double> w(6);
  double residual = -1;
  const ArenaHandle arena = arena_of(fm_matrix_work(FM_WORK_SOLVE, 30, 20, 6));
  ASSERT_EQ(fm_matrix_feature_weights(arena.get(), &l, &r, s.data(), 1e-9, w.data(), &residual, nullptr),
            FM_OK);
  EXPECT_LE(residual, 1e-6);
  EXPECT_NEAR(w[0], w[5], 1e-6);
  EXPECT_EQ(w[3], 0);
}

struct Triplets {
  Dense<float> u, v;
  std::vector<double> s;
  double energy = 0;
};

Triplets subspace(const Matrix& a, int64_t k, int steps, uint64_t seed) {
  Triplets t{Dense<float>(a.rows, k, 1), Dense<float>(a.columns, k, 2),
             std::vector<double>(static_cast<size_t>(k))};
  const auto input = a.as<float>(3);
  const fm_matrix in = input.view();
  fm_matrix u = t.u.view(), v = t.v.view();
  const ArenaHandle arena = arena_of(fm_matrix_work(FM_WORK_SUBSPACE, a.rows, a.columns, k));
  fm_error error{};
  EXPECT_EQ(fm_matrix_subspace(arena.get(), &in, k, steps, seed, &u, t.s.data(), &v, &t.energy, &error),
            FM_OK)
      << error.text;
  return t;
}

TEST(LinalgSubspace, FindsTheLeadingTriplets) {
  for (const auto& [m, n] : {std::pair<int64_t, int64_t>{150, 150}, {260, 90}, {90, 260}}) {
    const Matrix a = task_matrix(m, n, 5);
    const Decomposition d = svd(a);
    const Triplets t = subspace(a, 4, 8, 1);
    for (int64_t k = 0; k < 4; ++k) {
      const auto c = static_cast<size_t>(k);
      EXPECT_NEAR(t.s[c], d.s[c], 1e-5 * d.s[0]);
      double left = 0, right = 0;
      for (int64_t i = 0; i < m; ++i) left += d.u.at(i, k) * static_cast<double>(t.u.at(i, k));
      for (int64_t j = 0; j < n; ++j) right += d.v.at(j, k) * static_cast<double>(t.v.at(j, k));
      EXPECT_NEAR(left, 1, 1e-4) << "signs are those of the SVD";
      EXPECT_NEAR(right, 1, 1e-4);
    }
    EXPECT_NEAR(t.energy, norm(a) * norm(a), 1e-10 * t.energy);
    EXPECT_TRUE(t.u.gaps_are_whole() && t.v.gaps_are_whole());
    EXPECT_EQ(distance(subspace(a, 4, 8, 1).u, t.u), 0);
  }
}

TEST(LinalgSubspace, DirectionsThatAreNoneAreZero) {
  const Matrix a = product(random_matrix(70, 3, 1), random_matrix(3, 50, 2)).as<float>().as<double>();
  const Triplets t = subspace(a, 9, 2, 7);
  EXPECT_GT(t.s[2], 0);
  for (int64_t k = 3; k < 9; ++k) {
    EXPECT_EQ(t.s[static_cast<size_t>(k)], 0);
    for (int64_t i = 0; i < 70; ++i) EXPECT_EQ(t.u.at(i, k), 0);
    for (int64_t j = 0; j < 50; ++j) EXPECT_EQ(t.v.at(j, k), 0);
  }
  EXPECT_EQ(norm(subspace(Matrix(10, 20), 2, 1, 1).v.as<double>()), 0);
  EXPECT_NEAR(subspace(random_matrix(1, 9, 1), 1, 1, 1).s[0], norm(random_matrix(1, 9, 1)), 1e-6);
}

}  // namespace
}  // namespace fm_test
