// reduction.h - a symmetric matrix G = Q T Q^T with T tridiagonal.
#ifndef FASTMERGE_LINALG_REDUCTION_H
#define FASTMERGE_LINALG_REDUCTION_H
#include "arena.h"
#include "tridiagonal_vectors.h"

namespace fm::linalg {

template <class T>
class Reduction {
 public:
  Reduction(Arena& arena, int64_t n);
  // Where G's lower triangle, by columns, is put; Q's reflectors lie there afterwards.
  T* matrix() const { return g_; }
  void reduce(Arena& arena);
  TridiagonalMatrix tridiagonal() const { return {n_, d_, e_}; }
  // z = Q z, for z of n x count by columns.
  void apply(Arena& arena, int64_t count, T* z) const;

  static int64_t reduce_work(int64_t n);
  static int64_t apply_work(int64_t n, int64_t count);

 private:
  int64_t n_;
  T *g_, *tau_;
  double *d_, *e_;
};

}  // namespace fm::linalg
#endif
