// grading.h - a rotation of a matrix's small side that puts its largest directions first.
#ifndef FASTMERGE_LINALG_GRADING_H
#define FASTMERGE_LINALG_GRADING_H
#include "arena.h"

namespace fm::linalg {

// With X = A^T (tall A) or A, p x l, and O a p x kDirections matrix of random numbers: Q whose leading
// columns span X X^T O. The Gram matrix Q^T X X^T Q has its large elements in its first rows and columns;
// what is left below them is little larger than what a reduction is to tell apart, so rounding in binary32 is
// relative to that and not to s_1^2. Q is a product of kDirections reflectors, whatever it spans: none of the
// exact directions are needed.
class Grading {
 public:
  static constexpr int64_t kDirections = 64, kLeastSide = 256;

  Grading(Arena& arena, int64_t p);
  // Finds Q; no squares of a may leave the range of binary32. Without it, and for p below kLeastSide, Q is I.
  void find(Arena& arena, const fm_matrix& a);
  bool is_found() const { return is_found_; }
  // The lower triangle, by columns with leading dimension p, of Q^T X X^T Q / unit^2.
  void gram(Arena& arena, const fm_matrix& a, double unit, float* g) const;
  // z = Q z, for z of p x count by columns.
  void apply(Arena& arena, int64_t count, float* z) const;

  static int64_t find_work(int64_t m, int64_t n);
  static int64_t gram_work(int64_t m, int64_t n);
  static int64_t apply_work(int64_t p, int64_t count);

 private:
  int64_t p_;
  float *reflectors_, *triangle_;
  bool is_found_ = false;
};

}  // namespace fm::linalg
#endif
