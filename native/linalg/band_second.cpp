// band_second.cpp - band to tridiagonal. Sweep j makes column j's part of the band a single number; the bulge
// that this leaves below is chased down the band, one reflector of at most `band` rows a step. Reflector t of
// sweep j acts on the rows from j + 1 + t band on.
#include <algorithm>
#include <type_traits>

#include "band.h"
#include "blas.h"
#include "cpu/targets.h"
#include "elements.h"
#include "work.h"
#include "workers.h"

namespace fm::linalg {
namespace {

constexpr int kSweeps = 32;    // whose reflectors of equal index are applied together
constexpr int kColumns = 192;  // of z that are under way at once

// The band and the room that bulges need, column after column from the diagonal on.
template <class T>
struct BandBuffers {
  T* band;
  int64_t leading;
  BandBuffers(Arena& arena, int64_t n, int64_t width) : leading(2 * width + 16) {
    band = arena.take<T>(leading * n);
  }
};

// What one thread works in: V of (band + kSweeps - 1) x kSweeps, V S, S^-1, and a product.
template <class T>
struct SweepBuffers {
  T *v, *vs, *inverse, *product;
  SweepBuffers(Arena& arena, int64_t band) {
    v = arena.take<T>((band + kSweeps) * kSweeps);
    vs = arena.take<T>((band + kSweeps) * kSweeps);
    inverse = arena.take<T>(kSweeps * kSweeps);
    product = arena.take<T>(kColumns * kSweeps);
  }
};

template <class T>
struct ApplyBuffers {
  T* z;  // transposed, kColumns columns of z after another
  std::vector<SweepBuffers<T>> threads;
  ApplyBuffers(Arena& arena, int64_t n, int64_t band, int64_t count) : z(arena.take<T>(n * count)) {
    for (int i = 0; i < kMostWorkers; ++i) threads.emplace_back(arena, band);
  }
};

template <class T>
auto step_of(const TargetTable& table) {
  if constexpr (std::is_same_v<T, float>) {
    return table.band_step_f32;
  } else {
    return table.band_step_f64;
  }
}

// The reflectors of step t of sweeps first to first + count - 1 as I - V S V^T: V's columns are shifted
// against each other by a row, and S^-1 is the upper triangle of V^T V with 1 / tau on its diagonal. Gives
// V's rows.
template <class T>
int gather(int64_t n, int64_t band, const T* g, int64_t first, int count, int64_t t,
           const SweepBuffers<T>& to) {
  const int64_t top = first + 1 + t * band;
  const int rows = static_cast<int>(std::min(band + count - 1, n - top));
  std::fill_n(to.v, int64_t{rows} * count, T{0});
  T tau[kSweeps];
  for (int c = 0; c < count; ++c) {
    const int64_t length = std::min(band, n - top - c);
    const T* kept = g + (n - 1 - first - c) * n + t * band;
    tau[c] = length > 0 ? kept[0] : T{0};
    if (tau[c] == 0) continue;
    T* column = to.v + int64_t{c} * rows + c;
    column[0] = 1;
    std::copy_n(kept + 1, length - 1, column + 1);
  }
  blas().gemm<T>()("T", "N", count, count, rows, T{1}, to.v, rows, to.v, rows, T{0}, to.inverse, count);
  for (int c = 0; c < count; ++c) to.inverse[c * count + c] = tau[c] == 0 ? T{1} : 1 / tau[c];
  std::copy_n(to.v, int64_t{rows} * count, to.vs);
  blas().trsm<T>()("R", "U", "N", "N", rows, count, T{1}, to.inverse, count, to.vs, rows);
  return rows;
}

// z, transposed: columns x n, = (Q2 z)^T. Of sweeps, the last are applied first; of their steps, the first.
template <class T>
void apply_to(int64_t n, int64_t band, const T* g, int columns, const SweepBuffers<T>& buffers, T* z) {
  const int64_t group =
      std::min<int64_t>(kSweeps, band);  // of more sweeps, later ones would meet earlier steps
  for (int64_t first = (n - 3) / group * group; n > 2 && first >= 0; first -= group) {
    const int count = static_cast<int>(std::min(group, n - 2 - first));
    for (int64_t t = 0; first + 1 + t * band < n; ++t) {
      const int rows = gather(n, band, g, first, count, t, buffers);
      T* part = z + (first + 1 + t * band) * columns;
      // (V S V^T z)^T = (z^T V) (V S)^T
      blas().gemm<T>()("N", "N", columns, count, rows, T{1}, part, columns, buffers.v, rows, T{0},
                       buffers.product, columns);
      blas().gemm<T>()("N", "T", columns, rows, count, T{-1}, buffers.product, columns, buffers.vs, rows,
                       T{1}, part, columns);
    }
  }
}

// Calls step(sweep, t) for all steps of sweeps 0 to n - 3. Steps of a sweep follow each other; step t may run
// when the sweep before has done its step t + 1, whose rows overlap. So threads take sweeps in turn, each
// behind the other.
template <class Step, class Steps>
void run_sweeps(const Arena& arena, int64_t n, const Step& step, const Steps& steps) {
  std::vector<std::atomic<int64_t>> done(std::max<int64_t>(n - 2, 0));
  const auto wait_for = [](const std::atomic<int64_t>& count, int64_t least) {
    for (int turn = 0; count.load(std::memory_order_acquire) < least; ++turn)
      if (turn > 100) std::this_thread::yield();
  };
  run_parts(arena, n - 2, [&](int, int64_t sweep) {
    for (int64_t t = 0; t < steps(sweep); ++t) {
      if (sweep > 0) wait_for(done[sweep - 1], std::min(t + 2, steps(sweep - 1)));
      step(sweep, t);
      done[sweep].store(t + 1, std::memory_order_release);
    }
  });
}

}  // namespace

template <class T>
void chase_bulges(Arena& arena, int64_t n, int64_t band, T* g, double* d, double* e) {
  Scope scope(arena);
  const BandBuffers<T> buffers(arena, n, band);
  std::fill_n(buffers.band, buffers.leading * n, T{0});
  for (int64_t j = 0; j < n; ++j)
    std::copy_n(g + j * n + j, std::min(band + 1, n - j), buffers.band + j * buffers.leading);
  const TargetTable* table;
  fm_error error;
  if (const fm_status status = current_target(&table, &error)) refuse(status, "%s", error.text);
  run_sweeps(
      arena, n,
      [run = step_of<T>(*table), n, band, g, &buffers](int64_t sweep, int64_t t) {
        run({n, buffers.leading, sweep, t, static_cast<int32_t>(band)}, buffers.band,
            g + (n - 1 - sweep) * n);
      },
      [n, band](int64_t sweep) { return (n - 2 - sweep) / band + 1; });
  for (int64_t j = 0; j < n; ++j) d[j] = static_cast<double>(buffers.band[j * buffers.leading]);
  for (int64_t j = 0; j + 1 < n; ++j) e[j] = static_cast<double>(buffers.band[j * buffers.leading + 1]);
}

template <class T>
void apply_second_stage(Arena& arena, int64_t n, int64_t band, const T* g, int64_t count, T* z) {
  Scope scope(arena);
  const ApplyBuffers<T> buffers(arena, n, band, count);
  // So that shares are equal, with columns enough to be worth gathering reflectors for.
  const int64_t parts = (count + kColumns - 1) / kColumns;
  run_parts(arena, parts, [&](int worker, int64_t part) {
    const int64_t first = part * count / parts;
    const int columns = static_cast<int>((part + 1) * count / parts - first);
    T* own = buffers.z + first * n;
    transpose(z + first * n, n, columns, static_cast<int>(n), own, columns);
    apply_to(n, band, g, columns, buffers.threads[worker], own);
    transpose(own, columns, static_cast<int>(n), columns, z + first * n, n);
  });
}

template <class T>
int64_t chase_bulges_work(int64_t n, int64_t band) {
  return bytes_of<BandBuffers<T>>(n, band);
}

template <class T>
int64_t apply_second_stage_work(int64_t n, int64_t band, int64_t count) {
  return bytes_of<ApplyBuffers<T>>(n, band, count);
}

#define FM_INSTANTIATE(T)                                                            \
  template void chase_bulges(Arena&, int64_t, int64_t, T*, double*, double*);        \
  template void apply_second_stage(Arena&, int64_t, int64_t, const T*, int64_t, T*); \
  template int64_t chase_bulges_work<T>(int64_t, int64_t);                           \
  template int64_t apply_second_stage_work<T>(int64_t, int64_t, int64_t);
FM_INSTANTIATE(float)
FM_INSTANTIATE(double)

}  // namespace fm::linalg
