// band_step.h - one step of the reduction of a symmetric band matrix to a tridiagonal one.
#ifndef FASTMERGE_CPU_ISA_BAND_STEP_H
#define FASTMERGE_CPU_ISA_BAND_STEP_H
#include "target_table.h"

namespace fm {
namespace {

// 64 bytes of numbers; the order of additions is the same at every level.
template <class T>
struct Wide;
template <>
struct Wide<float> {
  typedef float V __attribute__((vector_size(64), aligned(4), may_alias));
  static constexpr int lanes = 16;
};
template <>
struct Wide<double> {
  typedef double V __attribute__((vector_size(64), aligned(8), may_alias));
  static constexpr int lanes = 8;
};

// Below it squares of a column's numbers may vanish: next to the rest of the matrix, of size 1, the column is
// 0.
template <class T>
constexpr T kVanishes = sizeof(T) == 4 ? T(1e-28) : T(1e-280);

template <class T>
FM_FN T dot(const T* x, const T* y, int n) {
  using V = typename Wide<T>::V;
  constexpr int lanes = Wide<T>::lanes;
  V sums = {};
  int i = 0;
  for (; i + lanes <= n; i += lanes) sums += *(const V*)(x + i) * *(const V*)(y + i);
  T rest = 0;
  for (; i < n; ++i) rest += x[i] * y[i];
  T part[lanes];
  *(V*)part = sums;
#pragma GCC unroll 4
  for (int width = lanes / 2; width > 0; width /= 2)
#pragma GCC unroll 8
    for (int l = 0; l < width; ++l) part[l] += part[l + width];
  return part[0] + rest;
}

template <class T>
FM_FN void add_multiple(T factor, const T* __restrict x, T* __restrict y, int n) {
  for (int i = 0; i < n; ++i) y[i] += factor * x[i];
}

// The reflector I - tau v v^T, v_0 = 1, that makes x a multiple of the first unit vector; x becomes that.
template <class T>
FM_FN T reflector(T* x, int n, T* v) {
  v[0] = 1;
  const T tail = dot(x + 1, x + 1, n - 1), first = x[0];
  for (int i = 1; i < n; ++i) v[i] = 0;
  if (tail == 0 || first * first + tail < kVanishes<T>) {
    for (int i = 1; i < n; ++i) x[i] = 0;
    return 0;
  }
  T norm;
  if constexpr (sizeof(T) == 4) {
    norm = __builtin_sqrtf(first * first + tail);
  } else {
    norm = __builtin_sqrt(first * first + tail);
  }
  const T beta = first > 0 ? -norm : norm, scale = 1 / (first - beta);
  for (int i = 1; i < n; ++i) {
    v[i] = x[i] * scale;
    x[i] = 0;
  }
  x[0] = beta;
  return (beta - first) / beta;
}

constexpr int kMostBand = 128;

// a (n x n, lower triangle, columns `down` apart) = H a H with w = tau a v - (tau^2 v^T a v / 2) v: a - v w^T
// - w v^T.
template <class T>
FM_FN void both_sides(T* a, fm_i64 down, int n, const T* v, T tau) {
  if (tau == 0) return;
  T w[kMostBand];
  for (int i = 0; i < n; ++i) w[i] = 0;
  for (int c = 0; c < n; ++c) {
    const T* column = a + c * down + c;
    const int below = n - c - 1;
    w[c] += column[0] * v[c] + dot(column + 1, v + c + 1, below);
    add_multiple(v[c], column + 1, w + c + 1, below);
  }
  for (int i = 0; i < n; ++i) w[i] *= tau;
  const T half = T(-0.5) * tau * dot(w, v, n);
  add_multiple(half, v, w, n);
  for (int c = 0; c < n; ++c) {
    T* __restrict column = a + c * down;
    const T x = w[c], y = v[c];
    for (int i = c; i < n; ++i) column[i] -= v[i] * x + w[i] * y;
  }
}

// Column k of the sweep's reflectors, `reflectors`, has v but for v_0 = 1, in whose place tau stands.
template <class T>
void band_step(const BandStep& step, T* band, T* reflectors) {
  const fm_i64 down = step.leading - 1, n = step.n;
  const int b = step.bandwidth;
  const auto at = [&](fm_i64 i, fm_i64 j) { return band + i + j * down; };
  T v[kMostBand], w[kMostBand];
  const fm_i64 first = step.sweep + 1 + step.index * b;  // row where this step's reflector begins
  const int rows = n - first < b ? (int)(n - first) : b;
  T tau;
  if (step.index == 0) {
    tau = reflector(at(first, step.sweep), rows, v);
  } else {
    // The block below the diagonal block of the step before: that reflector from the right makes a bulge in
    // it.
    const fm_i64 left = first - b;
    T* block = at(first, left);
    const T* before = reflectors + (step.index - 1) * b;
    const T by = before[0];
    for (int i = 0; i < rows; ++i) w[i] = by * block[i];
    if (by != 0)
      for (int c = 1; c < b; ++c) add_multiple(by * before[c], block + c * down, w, rows);
    for (int i = 0; i < rows; ++i) block[i] -= w[i];
    tau = reflector(block, rows, v);
    // The other columns, from the right by the old reflector and from the left by the new one: x = column -
    // before_c w, then x - tau (v . x) v.
    const T along = dot(v, w, rows);
    for (int c = 1; c < b; ++c) {
      T* __restrict column = block + c * down;
      const T right = by == 0 ? 0 : before[c], left = tau * (dot(column, v, rows) - right * along);
      for (int i = 0; i < rows; ++i) column[i] -= right * w[i] + left * v[i];
    }
  }
  both_sides(at(first, first), down, rows, v, tau);
  T* kept = reflectors + step.index * b;
  kept[0] = tau;
  for (int i = 1; i < rows; ++i) kept[i] = v[i];
}

}  // namespace
}  // namespace fm
#endif
