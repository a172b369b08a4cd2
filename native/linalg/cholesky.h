// cholesky.h - Cholesky factors and solutions with them, halves first and with the diagonal blocks inverted:
// all but a few operations are matrix products, which OpenBLAS does 1.1 (binary64, n = 2048) to 1.7 times
// (binary32, n = 1024) as fast as its triangular solutions.
#ifndef FASTMERGE_LINALG_CHOLESKY_H
#define FASTMERGE_LINALG_CHOLESKY_H
#include <cstdint>

namespace fm::linalg {

constexpr int kCholeskyBlock = 128;

// A p x p matrix in its lower triangle by columns, and kCholeskyBlock * p numbers for the inverted blocks.
template <class T>
struct Cholesky {
  T* g;
  int p;
  T* inverses;

  // Makes the factor in the place of g. False if g is not positive definite.
  bool factor() const { return factor(0, p); }
  // y (p x k) = L^-1 y; the first `zeros` rows of y are 0.
  void solve_lower(int zeros, T* y, int k) const { lower(0, p, zeros, y, k); }
  // y = L^-T y
  void solve_upper(T* y, int k) const { upper(0, p, y, k); }

 private:
  bool factor(int first, int size) const;
  bool factor_block(int first, int size) const;
  void right(int first, int size, int below, int rows) const;
  void lower(int first, int size, int zeros, T* y, int k) const;
  void upper(int first, int size, T* y, int k) const;
  T* at(int i, int j) const { return g + int64_t{j} * p + i; }
};

}  // namespace fm::linalg
#endif
