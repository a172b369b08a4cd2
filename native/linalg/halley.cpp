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

// g = c g + I in one triangle.
template <class T>
void shift(T* g, char uplo, int p, int leading, double c) {
  for (int j = 0; j < p; ++j) {
    T* column = g + int64_t{j} * leading;
    const int first = uplo == 'L' ? j : 0, count = uplo == 'L' ? p - j : j + 1;
    scale(column + first, c, count);
    column[j] = static_cast<T>(1 + static_cast<double>(column[j]));
  }
}

// Factors g and applies the step to X.
template <class T>
bool step(const Halley& h, T* x, int p, int l, const HalleyWork<T>& work) {
  const Cholesky<T> lower{work.g, p, work.inverses};
  int info = 0;
  if (work.uplo == 'U') blas().potrf<T>()("U", p, work.g, work.leading, &info);
  if (info != 0 || (work.uplo == 'L' && !lower.factor())) return false;
  for (int first = 0; first < l; first += kHalleyBlock) {
    const int k = std::min(kHalleyBlock, l - first);
    T* block = x + int64_t{first} * p;
    convert(block, work.y, int64_t{k} * p);
    if (work.uplo == 'L') {
      lower.solve_lower(0, work.y, k);
      lower.solve_upper(work.y, k);
    } else {
      blas().trsm<T>()("L", "U", "T", "N", p, k, T{1}, work.g, work.leading, work.y, p);
      blas().trsm<T>()("L", "U", "N", "N", p, k, T{1}, work.g, work.leading, work.y, p);
    }
    combine(h.a - h.b / h.c, work.y, h.b / h.c, block, int64_t{k} * p);
  }
  return true;
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
void gram(const T* x, int p, int l, const HalleyWork<T>& work) {
  const char uplo[2] = {work.uplo, '\0'};
  blas().syrk<T>()(uplo, "N", p, l, T{1}, x, p, T{0}, work.g, work.leading);
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

bool factor_shifted(double c_over_s2, const double* upper, const double* diagonal,
                    const Cholesky<double>& m) {
  if (upper != m.g) std::copy_n(upper, int64_t{m.p} * m.p, m.g);
  upper_to_lower(m.g, m.p, m.p);
  for (int64_t j = 0; j < m.p; ++j) {
    double* column = m.g + j * m.p;
    scale(column + j, c_over_s2, m.p - j);
    column[j] = 1 + c_over_s2 * diagonal[j];
  }
  return m.factor();
}

template <class T>
bool iterate_halley(HalleyState& state, T* x, int p, int l, const HalleyWork<T>& work) {
  const double rounding = sizeof(T) == 4 ? 4e-6 : 1e-12;
  const auto is_converged = [&](double slack) {
    return 1 - state.bound <= kConverged<T> && deficit(x, p, l) <= state.unwanted + slack;
  };
  while (state.steps < kMostSteps) {
    if (is_converged(0.02 + rounding * p)) return true;
    gram(x, p, l, work);
    ++state.steps;
    if constexpr (sizeof(T) == 4) {
      const double width = (1 - state.bound) / 2;
      if (1 - state.bound > kConverged<T> && 1.5 * width * width <= kCubic) {
        cubic(state.bound, x, p, l, work.g, work.y);
        state.bound = 1;
        continue;
      }
    }
    const Halley h(state.bound);
    shift(work.g, work.uplo, p, work.leading, h.c);
    if (!step(h, x, p, l, work)) return false;
    state.bound = h.next;
  }
  return is_converged(0.5);
}
template bool iterate_halley(HalleyState&, float*, int, int, const HalleyWork<float>&);
template bool iterate_halley(HalleyState&, double*, int, int, const HalleyWork<double>&);

}  // namespace fm::linalg
