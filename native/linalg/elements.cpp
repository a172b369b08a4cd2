#include "elements.h"

#include <algorithm>

// A clone of the function for each level, chosen when the library is loaded; sanitizers run too late for
// that.
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define FM_WIDE __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define FM_WIDE
#endif
#define FM_INLINE [[gnu::always_inline]] inline

namespace fm::linalg {
namespace {

constexpr int kLanes = 16;
// Of a transposition: columns a power of two apart share few places of a cache, so a tile has few of them.
constexpr int kTile = 8;

template <class X, class Y>
FM_INLINE double dot_of(const X* x, const Y* y, int64_t n) {
  double lanes[kLanes] = {};
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes)
    for (int l = 0; l < kLanes; ++l)
      lanes[l] += static_cast<double>(x[i + l]) * static_cast<double>(y[i + l]);
  for (int l = 0; i < n; ++i, ++l) lanes[l] += static_cast<double>(x[i]) * static_cast<double>(y[i]);
  for (int half = kLanes / 2; half > 0; half /= 2)
    for (int l = 0; l < half; ++l) lanes[l] += lanes[l + half];
  return lanes[0];
}

template <class C, class X, class Y>
FM_INLINE void combine_of(C a, const X* x, C b, Y* y, int64_t n) {
  for (int64_t i = 0; i < n; ++i) y[i] = static_cast<Y>(a * static_cast<C>(x[i]) + b * static_cast<C>(y[i]));
}

template <class X, class Y>
FM_INLINE void add_products_of(const X* x, const Y* y, double* sums, int64_t n) {
  for (int64_t i = 0; i < n; ++i) sums[i] += static_cast<double>(x[i]) * static_cast<double>(y[i]);
}

// to = the transpose of from, kTile x kTile. Each line of the cache is read or written at one go.
template <class T>
FM_INLINE void transpose_tile(const T* from, T* to, int64_t stride) {
  T tile[kTile * kTile];
  for (int j = 0; j < kTile; ++j)
    for (int i = 0; i < kTile; ++i) tile[i * kTile + j] = from[j * stride + i];
  for (int i = 0; i < kTile; ++i) std::copy_n(tile + i * kTile, kTile, to + i * stride);
}

// g_ij = g_ji of one triangle for the other one.
template <bool ToUpper, class T>
FM_INLINE void mirror(T* g, int n, int64_t stride) {
  for (int j0 = 0; j0 < n; j0 += kTile)
    for (int i0 = j0; i0 < n; i0 += kTile) {
      const auto at = [&](int i, int j) { return g + j * stride + i; };
      if (i0 > j0 && i0 + kTile <= n) {
        const T* from = ToUpper ? at(i0, j0) : at(j0, i0);
        transpose_tile(from, ToUpper ? at(j0, i0) : at(i0, j0), stride);
        continue;
      }
      for (int j = j0; j < std::min(n, j0 + kTile); ++j)
        for (int i = std::max(i0, j + 1); i < std::min(n, i0 + kTile); ++i)
          *(ToUpper ? at(j, i) : at(i, j)) = *(ToUpper ? at(i, j) : at(j, i));
    }
}

template <class X, class Y>
FM_INLINE void transpose_of(const X* from, int64_t from_stride, int rows, int columns, Y* to,
                            int64_t to_stride) {
  for (int i0 = 0; i0 < rows; i0 += kTile)
    for (int j0 = 0; j0 < columns; j0 += kTile)
      for (int j = j0; j < std::min(columns, j0 + kTile); ++j)
        for (int i = i0; i < std::min(rows, i0 + kTile); ++i)
          to[j * to_stride + i] = static_cast<Y>(from[i * from_stride + j]);
}

}  // namespace

FM_WIDE void convert(const float* from, float* to, int64_t n) { std::copy_n(from, n, to); }
FM_WIDE void convert(const double* from, double* to, int64_t n) { std::copy_n(from, n, to); }
FM_WIDE void convert(const float* from, double* to, int64_t n) {
  for (int64_t i = 0; i < n; ++i) to[i] = static_cast<double>(from[i]);
}
FM_WIDE void convert(const double* from, float* to, int64_t n) {
  for (int64_t i = 0; i < n; ++i) to[i] = static_cast<float>(from[i]);
}

FM_WIDE void combine(double a, const float* x, double b, float* y, int64_t n) {
  combine_of(static_cast<float>(a), x, static_cast<float>(b), y, n);
}
FM_WIDE void combine(double a, const double* x, double b, double* y, int64_t n) { combine_of(a, x, b, y, n); }
FM_WIDE void combine(double a, const double* x, double b, float* y, int64_t n) { combine_of(a, x, b, y, n); }
FM_WIDE void combine(double a, const float* x, double b, double* y, int64_t n) { combine_of(a, x, b, y, n); }

FM_WIDE double dot(const float* x, const float* y, int64_t n) { return dot_of(x, y, n); }
FM_WIDE double dot(const float* x, const double* y, int64_t n) { return dot_of(x, y, n); }
FM_WIDE double dot(const double* x, const double* y, int64_t n) { return dot_of(x, y, n); }

FM_WIDE void add_products(const float* x, const float* y, double* sums, int64_t n) {
  add_products_of(x, y, sums, n);
}
FM_WIDE void add_products(const float* x, const double* y, double* sums, int64_t n) {
  add_products_of(x, y, sums, n);
}
FM_WIDE void add_products(const double* x, const double* y, double* sums, int64_t n) {
  add_products_of(x, y, sums, n);
}

FM_WIDE void scale(float* x, double factor, int64_t n) {
  for (int64_t i = 0; i < n; ++i) x[i] = static_cast<float>(static_cast<double>(x[i]) * factor);
}
FM_WIDE void scale(double* x, double factor, int64_t n) {
  for (int64_t i = 0; i < n; ++i) x[i] *= factor;
}
FM_WIDE void scale(float* x, double factor, const double* factors, int64_t n) {
  for (int64_t i = 0; i < n; ++i)
    x[i] = static_cast<float>(static_cast<double>(x[i]) * (factor * factors[i]));
}
FM_WIDE void scale(double* x, double factor, const double* factors, int64_t n) {
  for (int64_t i = 0; i < n; ++i) x[i] *= factor * factors[i];
}

FM_WIDE void multiply(double* x, const double* y, int64_t n) {
  for (int64_t i = 0; i < n; ++i) x[i] *= y[i];
}

FM_WIDE void note_nonzero(const float* x, uint8_t* seen, int64_t n) {
  for (int64_t i = 0; i < n; ++i) seen[i] = static_cast<uint8_t>(seen[i] | (x[i] != 0));
}

void lower_to_upper(double* g, int n, int64_t stride) { mirror<true>(g, n, stride); }
void lower_to_upper(float* g, int n, int64_t stride) { mirror<true>(g, n, stride); }
void upper_to_lower(double* g, int n, int64_t stride) { mirror<false>(g, n, stride); }

void transpose(const float* from, int64_t from_stride, int rows, int columns, float* to, int64_t to_stride) {
  transpose_of(from, from_stride, rows, columns, to, to_stride);
}
void transpose(const float* from, int64_t from_stride, int rows, int columns, double* to, int64_t to_stride) {
  transpose_of(from, from_stride, rows, columns, to, to_stride);
}
void transpose(const double* from, int64_t from_stride, int rows, int columns, float* to, int64_t to_stride) {
  transpose_of(from, from_stride, rows, columns, to, to_stride);
}
void transpose(const double* from, int64_t from_stride, int rows, int columns, double* to,
               int64_t to_stride) {
  transpose_of(from, from_stride, rows, columns, to, to_stride);
}

}  // namespace fm::linalg
