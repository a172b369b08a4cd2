// linalg_data.h - matrices for tests of linalg: own memory with a stride, random contents, plain binary64
// products.
#ifndef FASTMERGE_TESTS_LINALG_DATA_H
#define FASTMERGE_TESTS_LINALG_DATA_H
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <type_traits>
#include <utility>
#include <vector>

#include "fastmerge.h"

namespace linalg_data {

template <class T>
struct Matrix {
  int64_t rows, columns, stride;
  std::vector<T> data;

  Matrix(int64_t m, int64_t n) : Matrix(m, n, n) {}
  Matrix(int64_t m, int64_t n, int64_t stride_)
      : rows(m), columns(n), stride(stride_), data(m * stride_, T{0}) {}
  T& operator()(int64_t i, int64_t j) { return data[i * stride + j]; }
  const T& operator()(int64_t i, int64_t j) const { return data[i * stride + j]; }
  fm_matrix view() const {
    return {
        const_cast<T*>(data.data()), rows, columns, stride, std::is_same_v<T, float> ? FM_F32 : FM_F64, 0};
  }
};

template <class T>
Matrix<T> normals(int64_t m, int64_t n, unsigned seed) {
  Matrix<T> a(m, n);
  std::mt19937_64 generator(seed);
  std::normal_distribution<double> normal;
  for (T& x : a.data) x = static_cast<T>(normal(generator));
  return a;
}

// sum over k of s_k u_k v_k^T for the leading `count` columns (all of them by default).
template <class T>
Matrix<double> product(const Matrix<T>& u, const std::vector<double>& s, const Matrix<T>& v,
                       int64_t count = -1) {
  Matrix<double> c(u.rows, v.rows);
  const int64_t k = count < 0 ? u.columns : count;
  for (int64_t i = 0; i < u.rows; ++i)
    for (int64_t j = 0; j < v.rows; ++j) {
      double sum = 0;
      for (int64_t l = 0; l < k; ++l)
        sum += static_cast<double>(u(i, l)) * s[l] * static_cast<double>(v(j, l));
      c(i, j) = sum;
    }
  return c;
}

template <class A>
double norm(const Matrix<A>& a) {
  double sum = 0;
  for (int64_t i = 0; i < a.rows; ++i)
    for (int64_t j = 0; j < a.columns; ++j)
      sum += static_cast<double>(a(i, j)) * static_cast<double>(a(i, j));
  return std::sqrt(sum);
}

// ||a - b||_F
template <class A, class B>
double distance(const Matrix<A>& a, const Matrix<B>& b) {
  double sum = 0;
  for (int64_t i = 0; i < a.rows; ++i)
    for (int64_t j = 0; j < a.columns; ++j) {
      const double d = static_cast<double>(a(i, j)) - static_cast<double>(b(i, j));
      sum += d * d;
    }
  return std::sqrt(sum);
}

// ||a - b||_F / ||b||_F, or ||a||_F where b is 0.
template <class A, class B>
double difference(const Matrix<A>& a, const Matrix<B>& b) {
  const double whole = norm(b);
  return distance(a, b) / (whole > 0 ? whole : 1);
}

template <class A, class B>
double column_product(const Matrix<A>& a, int64_t i, const Matrix<B>& b, int64_t j) {
  double sum = 0;
  for (int64_t l = 0; l < a.rows; ++l) sum += static_cast<double>(a(l, i)) * static_cast<double>(b(l, j));
  return sum;
}

// The root of the sum of ||A v_k - s_k u_k||^2 and ||A^T u_k - s_k v_k||^2 over
// the first `count` columns.
template <class T>
double residual(const Matrix<T>& a, const Matrix<T>& u, const std::vector<double>& s, const Matrix<T>& v,
                int64_t count) {
  double sum = 0;
  for (int64_t k = 0; k < count; ++k) {
    for (int64_t i = 0; i < a.rows; ++i) {
      double x = -s[k] * static_cast<double>(u(i, k));
      for (int64_t j = 0; j < a.columns; ++j)
        x += static_cast<double>(a(i, j)) * static_cast<double>(v(j, k));
      sum += x * x;
    }
    for (int64_t j = 0; j < a.columns; ++j) {
      double x = -s[k] * static_cast<double>(v(j, k));
      for (int64_t i = 0; i < a.rows; ++i) x += static_cast<double>(a(i, j)) * static_cast<double>(u(i, k));
      sum += x * x;
    }
  }
  return std::sqrt(sum);
}

// The first element of largest magnitude of column k.
template <class T>
T largest_of_column(const Matrix<T>& a, int64_t k) {
  T largest = 0;
  for (int64_t i = 0; i < a.rows; ++i)
    if (std::abs(a(i, k)) > std::abs(largest)) largest = a(i, k);
  return largest;
}

template <class T>
struct Decomposition {
  Matrix<T> u, v;
  std::vector<double> s;
};

class Arena {
 public:
  explicit Arena(int64_t capacity, int threads = 1) {
    fm_error error;
    EXPECT_EQ(FM_OK, fm_arena_create(capacity, threads, &arena_, &error)) << error.text;
  }
  ~Arena() { fm_arena_destroy(arena_); }
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  fm_arena* get() const { return arena_; }

 private:
  fm_arena* arena_ = nullptr;
};

// LAPACK's decomposition in binary64.
template <class T>
Decomposition<double> svd64(const Matrix<T>& a) {
  const int64_t p = std::min(a.rows, a.columns);
  Matrix<double> wide(a.rows, a.columns);
  for (int64_t i = 0; i < a.rows; ++i)
    for (int64_t j = 0; j < a.columns; ++j) wide(i, j) = static_cast<double>(a(i, j));
  Decomposition<double> d{Matrix<double>(a.rows, p), Matrix<double>(a.columns, p), std::vector<double>(p)};
  const Arena arena(fm_matrix_work(FM_WORK_SVD, a.rows, a.columns, 8));
  fm_matrix in = wide.view(), u = d.u.view(), v = d.v.view();
  fm_error error;
  EXPECT_EQ(FM_OK, fm_matrix_svd(arena.get(), &in, &u, d.s.data(), &v, &error)) << error.text;
  return d;
}

// Random orthonormal columns.
inline Matrix<double> orthonormal(int64_t m, int64_t n, unsigned seed) {
  return svd64(normals<double>(m, n, seed)).u;
}

// A matrix with these singular values.
inline Matrix<float> with_values(int64_t m, int64_t n, const std::vector<double>& s, unsigned seed) {
  const auto count = static_cast<int64_t>(s.size());
  const Matrix<double> c = product(orthonormal(m, count, seed), s, orthonormal(n, count, seed + 1));
  Matrix<float> a(m, n);
  std::transform(c.data.begin(), c.data.end(), a.data.begin(),
                 [](double x) { return static_cast<float>(x); });
  return a;
}

}  // namespace linalg_data
#endif
