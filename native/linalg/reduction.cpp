#include "reduction.h"

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
  Scope scope(arena);
  const ApplyBuffers<T> buffers(arena, n_, count);
  const int n = static_cast<int>(n_);
  int info = 0;
  blas().ormtr<T>()("L", "L", "N", n, static_cast<int>(count), g_, n, tau_, z, n, buffers.work,
                    static_cast<int>(buffers.size), &info);
}

template <class T>
int64_t Reduction<T>::reduce_work(int64_t n) {
  return bytes_of<OneStageBuffers<T>>(n);
}

template <class T>
int64_t Reduction<T>::apply_work(int64_t n, int64_t count) {
  return bytes_of<ApplyBuffers<T>>(n, count);
}

template class Reduction<float>;
template class Reduction<double>;

}  // namespace fm::linalg
