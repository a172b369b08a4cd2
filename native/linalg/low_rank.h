// low_rank.h - eigenvalues and vectors of a positive semidefinite matrix of low rank: Cholesky with pivots
// gives g = L L^T with r columns, L = Q R, and R R^T is r x r. Costs 2 p r^2 operations or so instead of 9
// p^3.
#ifndef FASTMERGE_LINALG_LOW_RANK_H
#define FASTMERGE_LINALG_LOW_RANK_H
#include <cstdint>

namespace fm::linalg {

// For ranks up to a quarter of p: what is left out of g is below 2^-44 of the eigenvalue `largest` in the
// Frobenius norm, and below 1e-7 of the least eigenvalue that is in. g (p x p, both triangles) gets the
// vectors in its first columns, values its r eigenvalues, ascending; work has 2 p^2 + 6 p + 1 numbers,
// integers 5 p + 3. Returns r, or 0 if that cannot be said of g, which is as it was then.
int low_rank_eigen(double* g, int p, double largest, double* values, double* work, int* integers);

// Whether the rank, in the first sense, is at most p / 32, which takes about p^3 / 500 operations to find
// out. columns has p (p / 32) numbers, scratch 300 p.
bool has_low_rank(const double* g, int p, double largest, double* columns, double* scratch);

}  // namespace fm::linalg
#endif
