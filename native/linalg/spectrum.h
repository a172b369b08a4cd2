// spectrum.h - singular values of a matrix and what belongs to the leading ones, by the eigenvalues of the
// Gram matrix of its small side.
#ifndef FASTMERGE_LINALG_SPECTRUM_H
#define FASTMERGE_LINALG_SPECTRUM_H
#include "arena.h"
#include "grading.h"
#include "reduction.h"

namespace fm::linalg {

// With p the small side, S the singular values and B the vectors of that side: (A / unit)(A / unit)^T = B S^2
// B^T where rows are the small side, else of A^T. T is the precision of all of it but of what stands in
// binary64 here.
template <class T>
class Spectrum {
 public:
  Spectrum(Arena& arena, const fm_matrix& a);
  void find_values(Arena& arena);

  const fm_matrix& matrix() const { return a_; }
  int64_t size() const { return p_; }
  double value(int64_t i) const { return values_[i]; }  // largest first
  void vectors(Arena& arena, int64_t k, fm_matrix* u, fm_matrix* v) const;
  void project(Arena& arena, int64_t k, double scale, fm_matrix& b) const;

  static int64_t work(int64_t m, int64_t n, int64_t k);

 private:
  void find_gram(Arena& arena, double unit);
  int64_t rank() const;  // directions that are not zero
  // The vectors of the values first to first + count - 1, largest first, in columns: p x count.
  T* small_vectors(Arena& arena, int64_t first, int64_t count) const;
  T* eigenvectors(Arena& arena, int64_t first, int64_t count) const;

  fm_matrix a_;
  int64_t p_;
  Grading grading_;  // of binary32
  Reduction<T> reduction_;
  double *eigenvalues_, *values_;  // of T, ascending; of A, descending
};

}  // namespace fm::linalg
#endif
