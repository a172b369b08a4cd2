// low_rank.h - eigenvalues and vectors of a positive semidefinite matrix of low rank: Cholesky with pivots
// gives g = L L^T with r columns, L = Q R, and R R^T is r x r. Costs 2 p r^2 operations or so instead of 9
// p^3.
#ifndef FASTMERGE_LINALG_LOW_RANK_H
#define FASTMERGE_LINALG_LOW_RANK_H
#include <cstdint>

namespace fm::linalg {

// For ranks up to a quarter of p. What is taken for rounding adds up to less than 1e-15 of the eigenvalue
// `largest`. g (p x p, both triangles) gets the vectors in its first columns, values its r eigenvalues,
// ascending; work has 2 p^2 + 6 p + 1 numbers, integers 5 p + 3. Returns r, or 0 if the rank is higher, with
// g as it was.
int low_rank_eigen(double* g, int p, double largest, double* values, double* work, int* integers);

}  // namespace fm::linalg
#endif
