// halley.h - dynamically weighted Halley iteration to the polar factor (Nakatsukasa, Bai and Gygi 2010), each
// step by a Cholesky factorisation: with singular values in [L, 1],
//   X <- (b/c) X + (a - b/c) (I + c X X^T)^-1 X.
// X has p rows and l >= p columns here, by columns.
#ifndef FASTMERGE_LINALG_HALLEY_H
#define FASTMERGE_LINALG_HALLEY_H
#include <cstdint>

#include "cholesky.h"

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

// Puts the factor of I + c g / s^2 into m, p x p: of g the upper triangle is read, which may be m's own, and
// its diagonal apart. False if it is not positive definite.
bool factor_shifted(double c_over_s2, const double* upper, const double* diagonal, const Cholesky<double>& m);

// What the iteration works in.
template <class T>
struct HalleyWork {
  T* g;         // p x p, of which one triangle is used
  char uplo;    // 'L'; or 'U', for which there are no inverses
  int leading;  // p for 'L'
  T* inverses;  // kCholeskyBlock p
  T* y;         // p x kHalleyBlock
};

// Goes on until all wanted singular values are 1 to rounding. False if a factorisation breaks down, or after
// many steps.
template <class T>
bool iterate_halley(HalleyState& state, T* x, int p, int l, const HalleyWork<T>& work);

}  // namespace fm::linalg
#endif
