#include "halley.h"

#include <algorithm>
#include <cmath>

#include "blas.h"
#include "elements.h"

namespace fm::linalg {
namespace {

constexpr int kMostSteps = 16;
template <class T>
constexpr double kConverged = sizeof(T) == 4 ? 5e-7 : 1e-13;  // 1 - L that is not worth a step
constexpr double kCubic = 1e-6;  // error that a last step without factorisation may leave

// g = c g + I in one triangle of g = X X^T; returns ||I - g||_F^2 of before.
template <class T>
double shift(T* g, char uplo, int p, int leading, double c) {
  double residual = 0;
  for (int j = 0; j < p; ++j) {
    T* column = g + int64_t{j} * leading;
    const int first = uplo == 'L' ? j + 1 : 0, count = uplo == 'L' ? p - j - 1 : j;
    residual += 2 * dot(column + first, column + first, count);
    const double diagonal = static_cast<double>(column[j]);
    residual += (1 - diagonal) * (1 - diagonal);
    scale(column + first, c, count);
    column[j] = static_cast<T>(1 + c * diagonal);
  }
  return residual;
}

template <class T>
void solve(const T* g, char uplo, int p, int leading, T* y, int k) {
  const T one = 1;
  const char* const first = uplo == 'L' ? "N" : "T";
  const char* const second = uplo == 'L' ? "T" : "N";
  const char name[2] = {uplo, '\0'};
  blas().trsm<T>()("L", name, first, "N", p, k, one, g, leading, y, p);
  blas().trsm<T>()("L", name, second, "N", p, k, one, g, leading, y, p);
}

// X <- P X, y p x kHalleyBlock.
template <class T>
void apply(const T* polynomial, int p, T* x, int l, T* y) {
  for (int first = 0; first < l; first += kHalleyBlock) {
    const int k = std::min(kHalleyBlock, l - first);
    T* block = x + int64_t{first} * p;
    convert(block, y, int64_t{k} * p);
    blas().gemm<T>()("N", "N", p, k, p, T{1}, polynomial, p, y, p, T{0}, block, p);
  }
}

template <class T>
void gram(const T* x, int p, int l, T* g, char uplo, int leading) {
  const char name[2] = {uplo, '\0'};
  blas().syrk<T>()(name, "N", p, l, T{1}, x, p, T{0}, g, leading);
}

// How far X is from having p singular values of 1: each that is off by d adds about 2 d.
template <class T>
double deficit(const T* x, int p, int l) {
  double sum = 0;
  for (int j = 0; j < l; ++j) sum += dot(x + int64_t{j} * p, x + int64_t{j} * p, p);
  return p - sum;
}

// The last step where it needs no factorisation: X <- X (3/2 r - r^3/2 X^T X), with r that centres [L, 1]
// on 1.
void cubic(double bound, float* x, int p, int l, float* g, float* y) {
  const double r = 2 / (1 + bound);
  lower_to_upper(g, p, p);
  scale(g, -0.5 * r * r * r, int64_t{p} * p);
  for (int64_t j = 0; j < p; ++j)
    g[j * p + j] = static_cast<float>(1.5 * r + static_cast<double>(g[j * p + j]));
  apply(g, p, x, l, y);
}

}  // namespace

Halley::Halley(double bound) {
  const double square = bound * bound, d = std::cbrt(4 * (1 - square) / (square * square)),
               q = std::sqrt(1 + d);
  a = q + 0.5 * std::sqrt(8 - 4 * d + 8 * (2 - square) / (square * q));
  b = (a - 1) * (a - 1) / 4;
  c = a + b - 1;
  next = std::min(1.0, bound * (a + b * square) / (1 + c * square));
}

bool factor_shifted(double c_over_s2, const double* upper, const double* diagonal, double* m, int p) {
  if (upper != m) std::copy_n(upper, int64_t{p} * p, m);
  upper_to_lower(m, p, p);
  for (int64_t j = 0; j < p; ++j) {
    scale(m + j * p + j, c_over_s2, p - j);
    m[j * p + j] = 1 + c_over_s2 * diagonal[j];
  }
  int info = 0;
  blas().dpotrf("L", p, m, p, &info);
  return info == 0;
}

template <class T>
void solve_with_factor(const T* m, int p, int zeros, T* y, int k) {
  const T one = 1;
  blas().trsm<T>()("L", "L", "N", "N", p - zeros, k, one, m + int64_t{zeros} * (p + 1), p, y + zeros, p);
  blas().trsm<T>()("L", "L", "T", "N", p, k, one, m, p, y, p);
}
template void solve_with_factor(const float*, int, int, float*, int);
template void solve_with_factor(const double*, int, int, double*, int);

template <class T>
bool iterate_halley(HalleyState& state, T* x, int p, int l, T* g, char uplo, int leading, T* y) {
  const double rounding = sizeof(T) == 4 ? 4e-6 : 1e-12;
  while (state.steps < kMostSteps) {
    if (1 - state.bound <= kConverged<T> && deficit(x, p, l) <= state.unwanted + 0.02 + rounding * p)
      return true;
    gram(x, p, l, g, uplo, leading);
    if constexpr (sizeof(T) == 4) {
      const double width = (1 - state.bound) / 2;
      if (1 - state.bound > kConverged<T> && 1.5 * width * width <= kCubic && uplo == 'L' && leading == p) {
        ++state.steps;
        cubic(state.bound, x, p, l, g, y);
        state.bound = 1;
        continue;
      }
    }
    const Halley h(state.bound);
    shift(g, uplo, p, leading, h.c);
    int info = 0;
    const char name[2] = {uplo, '\0'};
    blas().potrf<T>()(name, p, g, leading, &info);
    if (info != 0) return false;
    for (int first = 0; first < l; first += kHalleyBlock) {
      const int k = std::min(kHalleyBlock, l - first);
      T* block = x + int64_t{first} * p;
      convert(block, y, int64_t{k} * p);
      solve(g, uplo, p, leading, y, k);
      combine(h.a - h.b / h.c, y, h.b / h.c, block, int64_t{k} * p);
    }
    state.bound = h.next;
    ++state.steps;
  }
  return 1 - state.bound <= kConverged<T> && deficit(x, p, l) <= state.unwanted + 0.5;
}
template bool iterate_halley(HalleyState&, float*, int, int, float*, char, int, float*);
template bool iterate_halley(HalleyState&, double*, int, int, double*, char, int, double*);

}  // namespace fm::linalg
