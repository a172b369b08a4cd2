// ridge.h - symmetric positive semidefinite systems with a ridge.
#ifndef FASTMERGE_LINALG_RIDGE_H
#define FASTMERGE_LINALG_RIDGE_H
#include <cstdint>

namespace fm::linalg {

// The factor of g + ridge mean(diag g) I, g n x n, into its lower triangle by columns; the upper one stays,
// the diagonal of g goes to `diagonal`. Where it is not positive definite, the ridge is raised tenfold from
// 1e-12 on until it is. Returns the ridge; 0 with a zero diagonal if g = 0, which has no factor. Throws
// FM_INVALID_ARGUMENT, under the name of the function, if g is far from positive semidefinite.
double factor_with_ridge(const char* name, double* g, int n, int64_t stride, double ridge, double* diagonal,
                         bool& is_zero);

}  // namespace fm::linalg
#endif
