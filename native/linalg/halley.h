// halley.h - dynamically weighted Halley iteration to the polar factor (Nakatsukasa, Bai and Gygi 2010), each
// step by a Cholesky factorisation: with singular values in [L, 1],
//   X <- (b/c) X + (a - b/c) (I + c X X^T)^-1 X.
// X has p rows and l >= p columns here, by columns.
#ifndef FASTMERGE_LINALG_HALLEY_H
#define FASTMERGE_LINALG_HALLEY_H
#include <cstdint>

namespace fm::linalg {

constexpr int kHalleyBlock = 1024;  // columns of X at a time

// The weights for a lower bound L, and the bound after the step.
struct Halley {
  double a, b, c, next;
  explicit Halley(double bound);
};

// Where the iteration stands: no singular value is above 1 or, of those that are wanted, below the bound.
struct HalleyState {
  double bound;
  int unwanted = 0;  // directions that need not become 1
  int steps = 0;
};

// Puts the factor of I + c g / s^2 into the lower triangle of m (p x p): of g the upper triangle with its
// diagonal is read, which may be m itself with the diagonal apart. False if it is not positive definite.
bool factor_shifted(double c_over_s2, const double* upper, const double* diagonal, double* m, int p);

// y (p x k) = m^-1 y with the factor in the lower triangle of m. The first `zeros` rows of y are 0.
template <class T>
void solve_with_factor(const T* m, int p, int zeros, T* y, int k);

// Goes on until all wanted singular values are 1 to rounding; g has p x p, y p x kHalleyBlock. uplo is the
// triangle of g that is used, with leading dimension `leading`. False if a factorisation breaks down.
template <class T>
bool iterate_halley(HalleyState& state, T* x, int p, int l, T* g, char uplo, int leading, T* y);

}  // namespace fm::linalg
#endif
