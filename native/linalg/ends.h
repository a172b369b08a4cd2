// ends.h - both ends of the spectrum of a matrix, from its Gram matrix: the largest singular value by
// Lanczos' method, the smallest ones by inverse block iteration with a Cholesky factorisation.
#ifndef FASTMERGE_LINALG_ENDS_H
#define FASTMERGE_LINALG_ENDS_H
#include "arena.h"
#include "cholesky.h"

namespace fm::linalg {

constexpr int kLanczosSteps = 12;
constexpr int kLooseVectors = 8;
constexpr int kBottomVectors = 16;

struct EndsBuffers {
  double *vectors, *image, *factor_diagonal, *small, *values, *tau,
      *work;  // vectors and image p x kBottomVectors
  EndsBuffers(Arena& arena, int64_t p);
};

// An estimate of s_1, at most that and hardly below 0.98 of it. g is p x p by columns; the lower triangle is
// read.
double largest_singular(const double* g, int p, const EndsBuffers& buffers);

// The min(p, kBottomVectors) smallest singular values, ascending, to buffers.values, and their vectors to
// buffers.vectors; each value is at least the true one, good to about 1e-7 s_1. In g.g the upper triangle and
// the separate diagonal are read; the lower triangle and the diagonal are overwritten. The vectors of values
// up to `threshold` are iterated until they have settled. Returns the number of values, 0 if g is not
// positive definite with any shift, and in left_out how many are up to the threshold; all of them where
// vectors did not settle.
int smallest_singular(const Cholesky<double>& g, const double* diagonal, double largest, double threshold,
                      int& left_out, const EndsBuffers& buffers);

// `sum` is the sum of the squares of the eigenvalues of G^-1, which are at most 1; the factor is of G.
// Returns a bound of the largest square: the sum less the squares of all Ritz values but the largest in a
// subspace, which interlace with the eigenvalues, so that any subspace gives a bound.
double largest_of_sum(const Cholesky<double>& factor, double sum, const EndsBuffers& buffers);

}  // namespace fm::linalg
#endif
