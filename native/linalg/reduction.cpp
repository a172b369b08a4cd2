#include "reduction.h"

#include "band.h"
#include "blas.h"
#include "work.h"

namespace fm::linalg {
namespace {

constexpr int64_t kBlock = 64;  // columns that LAPACK gathers, at most

template <class T>
struct OneStageBuffers {
  T *d, *e, *work;
  OneStageBuffers(Arena& arena, int64_t n)
      : d(arena.take<T>(n)), e(arena.take<T>(n)), work(arena.take<T>(kBlock * n)) {}
};

// From this size on two stages are faster: the one-stage way reads the whole matrix for every column.
constexpr int64_t kTwoStages = 1200;
constexpr int64_t kBand = 64;

template <class T>
struct ApplyBuffers {
  T* work;
  int64_t size;
  ApplyBuffers(Arena& arena, int64_t n, int64_t count) : size(kBlock * count + (kBlock + 1) * kBlock + n) {
    work = arena.take<T>(size);
  }
};

}  // namespace

template <class T>
Reduction<T>::Reduction(Arena& arena, int64_t n)
    : n_(n),
      g_(arena.take<T>(n * n)),
      tau_(arena.take<T>(n)),
      d_(arena.take<double>(n)),
      e_(arena.take<double>(n)) {}

template <class T>
void Reduction<T>::reduce(Arena& arena) {
  if (n_ >= kTwoStages) {
    reduce_to_band(arena, n_, kBand, g_, tau_);
    chase_bulges(arena, n_, kBand, g_, d_, e_);
    return;
  }
  Scope scope(arena);
  const OneStageBuffers<T> buffers(arena, n_);
  const int n = static_cast<int>(n_);
  int info = 0;
  blas().sytrd<T>()("L", n, g_, n, buffers.d, buffers.e, tau_, buffers.work, static_cast<int>(kBlock * n_),
                    &info);
  for (int64_t i = 0; i < n_; ++i) d_[i] = static_cast<double>(buffers.d[i]);
  for (int64_t i = 0; i + 1 < n_; ++i) e_[i] = static_cast<double>(buffers.e[i]);
}

template <class T>
void Reduction<T>::apply(Arena& arena, int64_t count, T* z) const {
  if (count == 0 || n_ == 1) return;
  if (n_ >= kTwoStages) {
    apply_second_stage(arena, n_, kBand, g_, count, z);
    apply_first_stage(arena, n_, kBand, g_, tau_, count, z);
    return;
  }
  Scope scope(arena);
  const ApplyBuffers<T> buffers(arena, n_, count);
  const int n = static_cast<int>(n_);
  int info = 0;
  blas().ormtr<T>()("L", "L", "N", n, static_cast<int>(count), g_, n, tau_, z, n, buffers.work,
                    static_cast<int>(buffers.size), &info);
}

template <class T>
int64_t Reduction<T>::reduce_work(int64_t n) {
  if (n < kTwoStages) return bytes_of<OneStageBuffers<T>>(n);
  return std::max(reduce_to_band_work<T>(n, kBand), chase_bulges_work<T>(n, kBand));
}

template <class T>
int64_t Reduction<T>::apply_work(int64_t n, int64_t count) {
  if (n < kTwoStages) return bytes_of<ApplyBuffers<T>>(n, count);
  return std::max(apply_first_stage_work<T>(n, kBand, count), apply_second_stage_work<T>(n, kBand, count));
}

template class Reduction<float>;
template class Reduction<double>;

}  // namespace fm::linalg
