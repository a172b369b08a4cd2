// band_first.cpp - full matrix to band: the columns below the band, b at a time, are made triangular by a
// block of reflectors I - V S V^T, which is applied to the rest from both sides as a rank-2b update.
#include <algorithm>

#include "band.h"
#include "blas.h"
#include "work.h"

namespace fm::linalg {
namespace {

template <class T>
struct PanelBuffers {
  T *v, *x, *s, *product, *work;
  int64_t work_size;
  PanelBuffers(Arena& arena, int64_t n, int64_t band, int64_t columns) : work_size(64 * band) {
    v = arena.take<T>(n * band);
    x = arena.take<T>(columns * band);
    s = arena.take<T>(band * band);
    product = arena.take<T>(band * band);
    work = arena.take<T>(work_size);
  }
};

// V of a panel, with the ones and zeros that its place in g does not hold, and S: H_1 ... H_k = I - V S V^T.
template <class T>
void block_of(int rows, int count, int n, const T* panel, const T* tau, const PanelBuffers<T>& buffers) {
  blas().lacpy<T>()("L", rows, count, panel, n, buffers.v, rows);
  for (int c = 0; c < count; ++c) {
    std::fill_n(buffers.v + int64_t{c} * rows, c, T{0});
    buffers.v[int64_t{c} * rows + c] = 1;
  }
  blas().larft<T>()("F", "C", rows, count, buffers.v, rows, tau, buffers.s, count);
}

}  // namespace

template <class T>
void reduce_to_band(Arena& arena, int64_t size, int64_t band, T* g, T* tau) {
  Scope scope(arena);
  const PanelBuffers<T> buffers(arena, size, band, size);
  const int n = static_cast<int>(size), b = static_cast<int>(band);
  for (int j = 0; j + b + 1 < n; j += b) {
    const int rows = n - j - b, count = std::min(rows, b);
    T* panel = g + int64_t{j} * n + j + b;
    T* rest = panel + int64_t{b} * n;
    int info = 0;
    blas().geqrf<T>()(rows, b, panel, n, tau + j, buffers.work, static_cast<int>(buffers.work_size), &info);
    block_of(rows, count, n, panel, tau + j, buffers);
    const T *v = buffers.v, *s = buffers.s;
    T *x = buffers.x, *product = buffers.product;
    // x = A V S - V (S^T V^T A V S) / 2;  A - V x^T - x V^T.
    blas().symm<T>()("L", "L", rows, count, T{1}, rest, n, v, rows, T{0}, x, rows);
    blas().trmm<T>()("R", "U", "N", "N", rows, count, T{1}, s, count, x, rows);
    blas().gemm<T>()("T", "N", count, count, rows, T{1}, v, rows, x, rows, T{0}, product, count);
    blas().trmm<T>()("L", "U", "T", "N", count, count, T{1}, s, count, product, count);
    blas().gemm<T>()("N", "N", rows, count, count, T(-0.5), v, rows, product, count, T{1}, x, rows);
    blas().syr2k<T>()("L", "N", rows, count, T{-1}, v, rows, x, rows, T{1}, rest, n);
  }
}

template <class T>
void apply_first_stage(Arena& arena, int64_t size, int64_t band, const T* g, const T* tau, int64_t count,
                       T* z) {
  Scope scope(arena);
  const PanelBuffers<T> buffers(arena, size, band, count);
  const int n = static_cast<int>(size), b = static_cast<int>(band), columns = static_cast<int>(count);
  for (int j = (n - b - 2) / b * b; j >= 0; j -= b) {
    const int rows = n - j - b, reflectors = std::min(rows, b);
    block_of(rows, reflectors, n, g + int64_t{j} * n + j + b, tau + j, buffers);
    T *part = z + j + b, *product = buffers.x;
    blas().gemm<T>()("T", "N", reflectors, columns, rows, T{1}, buffers.v, rows, part, n, T{0}, product,
                     reflectors);
    blas().trmm<T>()("L", "U", "N", "N", reflectors, columns, T{1}, buffers.s, reflectors, product,
                     reflectors);
    blas().gemm<T>()("N", "N", rows, columns, reflectors, T{-1}, buffers.v, rows, product, reflectors, T{1},
                     part, n);
  }
}

template <class T>
int64_t reduce_to_band_work(int64_t n, int64_t band) {
  return bytes_of<PanelBuffers<T>>(n, band, n);
}

template <class T>
int64_t apply_first_stage_work(int64_t n, int64_t band, int64_t count) {
  return bytes_of<PanelBuffers<T>>(n, band, count);
}

#define FM_INSTANTIATE(T)                                                                     \
  template void reduce_to_band(Arena&, int64_t, int64_t, T*, T*);                             \
  template void apply_first_stage(Arena&, int64_t, int64_t, const T*, const T*, int64_t, T*); \
  template int64_t reduce_to_band_work<T>(int64_t, int64_t);                                  \
  template int64_t apply_first_stage_work<T>(int64_t, int64_t, int64_t);
FM_INSTANTIATE(float)
FM_INSTANTIATE(double)

}  // namespace fm::linalg
