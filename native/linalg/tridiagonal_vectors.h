// tridiagonal_vectors.h - eigenvalues and eigenvectors of a symmetric tridiagonal matrix, binary64.
#ifndef FASTMERGE_LINALG_TRIDIAGONAL_VECTORS_H
#define FASTMERGE_LINALG_TRIDIAGONAL_VECTORS_H
#include "arena.h"

namespace fm::linalg {

// d: n diagonal elements, e: n - 1 beside it.
struct TridiagonalMatrix {
  int64_t n;
  const double *d, *e;
};

// All eigenvalues, ascending.
void tridiagonal_values(Arena& arena, const TridiagonalMatrix& t, double* values);

// Orthonormal eigenvectors of the values with index first to first + count - 1 (ascending), in the columns of
// z (n x count). Each by a twisted factorisation of T - value I; the columns, which lose orthogonality as
// values come close, are made orthonormal again by Cholesky; where that is not enough they are found by
// LAPACK's stemr.
void tridiagonal_vectors(Arena& arena, const TridiagonalMatrix& t, const double* values, int64_t first,
                         int64_t count, double* z);

// Bytes of the two.
int64_t tridiagonal_values_work(int64_t n);
int64_t tridiagonal_vectors_work(int64_t n, int64_t count);

}  // namespace fm::linalg
#endif
