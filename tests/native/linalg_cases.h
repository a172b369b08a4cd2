// linalg_cases.h - matrices for the tests of linalg, and plain binary64 arithmetic on them.
#ifndef FASTMERGE_TESTS_LINALG_CASES_H
#define FASTMERGE_TESTS_LINALG_CASES_H
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

#include "fastmerge.h"

namespace fm_test {

// A dense matrix by rows; `gap` numbers that nobody may touch follow each row.
template <class T>
struct Dense {
  int64_t rows = 0, columns = 0, gap = 0;
  std::vector<T> data;

  static constexpr T kGap = T(-123.25);

  Dense() = default;
  Dense(int64_t m, int64_t n, int64_t gap_size = 0)
      : rows(m), columns(n), gap(gap_size), data(static_cast<size_t>(m * (n + gap_size)), kGap) {
    for (int64_t i = 0; i < m; ++i) std::fill_n(&at(i, 0), n, T{});
  }
  T& at(int64_t i, int64_t j) { return data[static_cast<size_t>(i * (columns + gap) + j)]; }
  T at(int64_t i, int64_t j) const { return data[static_cast<size_t>(i * (columns + gap) + j)]; }
  fm_matrix view() const {
    return {const_cast<T*>(data.data()),
            rows,
            columns,
            columns + gap,
            std::is_same_v<T, float> ? FM_F32 : FM_F64,
            0};
  }
  bool gaps_are_whole() const {
    for (int64_t i = 0; i < rows; ++i)
      for (int64_t j = columns; j < columns + gap; ++j)
        if (data[static_cast<size_t>(i * (columns + gap) + j)] != kGap) return false;
    return true;
  }
  template <class U>
  Dense<U> as(int64_t gap_size = 0) const {
    Dense<U> to(rows, columns, gap_size);
    for (int64_t i = 0; i < rows; ++i)
      for (int64_t j = 0; j < columns; ++j) to.at(i, j) = static_cast<U>(at(i, j));
    return to;
  }
  Dense transposed() const {
    Dense to(columns, rows);
    for (int64_t i = 0; i < rows; ++i)
      for (int64_t j = 0; j < columns; ++j) to.at(j, i) = at(i, j);
    return to;
  }
};

using Matrix = Dense<double>;

inline Matrix random_matrix(int64_t m, int64_t n, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  Matrix a(m, n);
  for (double& x : a.data) x = normal(random);
  return a;
}

inline Matrix product(const Matrix& a, const Matrix& b) {
  Matrix c(a.rows, b.columns);
  for (int64_t i = 0; i < a.rows; ++i)
    for (int64_t k = 0; k < a.columns; ++k)
      for (int64_t j = 0; j < b.columns; ++j) c.at(i, j) += a.at(i, k) * b.at(k, j);
  return c;
}

inline double norm(const Matrix& a) {
  double sum = 0;
  for (const double x : a.data) sum += x * x;
  return std::sqrt(sum);
}

// ||a - b||_F
template <class A, class B>
double distance(const Dense<A>& a, const Dense<B>& b) {
  double sum = 0;
  for (int64_t i = 0; i < a.rows; ++i)
    for (int64_t j = 0; j < a.columns; ++j) {
      const double d = static_cast<double>(a.at(i, j)) - static_cast<double>(b.at(i, j));
      sum += d * d;
    }
  return std::sqrt(sum);
}

struct DestroyArena {
  void operator()(fm_arena* arena) const { fm_arena_destroy(arena); }
};
using ArenaHandle = std::unique_ptr<fm_arena, DestroyArena>;

inline ArenaHandle arena_of(int64_t bytes, int threads = 1) {
  fm_arena* arena = nullptr;
  fm_error error{};
  EXPECT_EQ(fm_arena_create(bytes, threads, &arena, &error), FM_OK) << error.text;
  return ArenaHandle(arena);
}

struct Decomposition {
  Matrix u, v;
  std::vector<double> s;
};

// Of binary64 numbers, by LAPACK.
inline Decomposition svd(const Matrix& a) {
  const int64_t p = std::min(a.rows, a.columns);
  Decomposition d{Matrix(a.rows, p), Matrix(a.columns, p), std::vector<double>(static_cast<size_t>(p))};
  fm_matrix view = a.view(), u = d.u.view(), v = d.v.view();
  fm_error error{};
  const ArenaHandle arena = arena_of(fm_matrix_work(FM_WORK_SVD, a.rows, a.columns, 8));
  EXPECT_EQ(fm_matrix_svd(arena.get(), &view, &u, d.s.data(), &v, &error), FM_OK) << error.text;
  return d;
}

// U diag(s) V^T with the vectors of random matrices, rounded to binary32.
inline Matrix with_spectrum(int64_t m, int64_t n, const std::vector<double>& s, uint64_t seed) {
  Decomposition d = svd(random_matrix(m, n, seed));
  for (int64_t i = 0; i < m; ++i)
    for (int64_t k = 0; k < static_cast<int64_t>(d.s.size()); ++k) d.u.at(i, k) *= s[static_cast<size_t>(k)];
  return product(d.u, d.v.transposed()).as<float>().as<double>();
}

// A task vector's look: noise and a decaying part of low rank.
inline Matrix task_matrix(int64_t m, int64_t n, uint64_t seed) {
  const int64_t rank = std::min<int64_t>(8, std::min(m, n));
  Matrix low = random_matrix(m, rank, seed + 1);
  for (int64_t i = 0; i < m; ++i)
    for (int64_t k = 0; k < rank; ++k) low.at(i, k) *= 2.0 / static_cast<double>(k + 1);
  Matrix a = product(low, random_matrix(rank, n, seed + 2));
  const Matrix noise = random_matrix(m, n, seed);
  for (size_t i = 0; i < a.data.size(); ++i) a.data[i] = 1e-3 * (a.data[i] + 0.3 * noise.data[i]);
  return a.as<float>().as<double>();
}

struct NamedMatrix {
  std::string name;
  Matrix a;
};

// Every kind of matrix that a method may meet, at the largest about 200 x 300.
inline std::vector<NamedMatrix> hard_matrices() {
  std::vector<NamedMatrix> all;
  all.push_back({"square", task_matrix(150, 150, 1)});
  all.push_back({"tall", task_matrix(260, 100, 2)});
  all.push_back({"wide", task_matrix(90, 250, 3)});
  all.push_back({"barely tall", task_matrix(140, 130, 4)});
  all.push_back({"barely wide", task_matrix(130, 141, 5)});
  all.push_back({"single row", random_matrix(1, 57, 6).as<float>().as<double>()});
  all.push_back({"single column", random_matrix(61, 1, 7).as<float>().as<double>()});
  all.push_back({"one number", random_matrix(1, 1, 8).as<float>().as<double>()});
  all.push_back({"two by two", random_matrix(2, 2, 9).as<float>().as<double>()});
  all.push_back({"zero", Matrix(20, 30)});
  Matrix holes = task_matrix(120, 110, 10);
  for (int64_t i = 0; i < 120; ++i)
    for (int64_t j = 0; j < 110; ++j)
      if (i % 7 == 3 || j % 5 == 2) holes.at(i, j) = 0;
  all.push_back({"zero rows and columns", holes});
  all.push_back(
      {"low rank", product(random_matrix(120, 6, 11), random_matrix(6, 100, 12)).as<float>().as<double>()});
  Matrix twice = task_matrix(100, 100, 13);
  for (int64_t i = 0; i < 100; ++i) std::copy_n(&twice.at(i, 0), 50, &twice.at(i, 50));
  all.push_back({"duplicate columns", twice});
  Matrix one_twice = task_matrix(100, 100, 14);
  for (int64_t i = 0; i < 100; ++i) one_twice.at(i, 31) = one_twice.at(i, 8);
  all.push_back({"one duplicate column", one_twice});
  std::vector<double> spike(128, 1.0), graded(128);
  for (size_t k = 0; k < 128; ++k) {
    spike[k] = k ? 1.0 - 0.9 * static_cast<double>(k) / 128 : 1000.0;
    graded[k] = std::pow(10.0, -5.5 * static_cast<double>(k) / 127);
  }
  all.push_back({"spike", with_spectrum(128, 128, spike, 15)});
  all.push_back({"tall spike", with_spectrum(300, 128, spike, 16)});
  all.push_back({"graded", with_spectrum(128, 128, graded, 17)});
  all.push_back({"wide graded", with_spectrum(128, 256, graded, 18)});
  Matrix tiny = task_matrix(64, 64, 19), huge = task_matrix(64, 90, 20);
  for (double& x : tiny.data) x = static_cast<float>(x * 1e-35);
  for (double& x : huge.data) x = static_cast<float>(x * 1e35);
  all.push_back({"tiny numbers", tiny});
  all.push_back({"huge numbers", huge});
  return all;
}

}  // namespace fm_test
#endif
