// ends.h - both ends of the spectrum of a matrix, from its Gram matrix: the largest singular value by block
// power iteration, the smallest ones by inverse block iteration with a Cholesky factorisation.
#ifndef FASTMERGE_LINALG_ENDS_H
#define FASTMERGE_LINALG_ENDS_H
#include "arena.h"
#include "cholesky.h"

namespace fm::linalg {

constexpr int kTopVectors = 8;
constexpr int kBottomVectors = 16;

struct EndsBuffers {
  double *vectors, *image, *factor_diagonal, *small, *values, *tau,
      *work;  // vectors and image p x kBottomVectors
  EndsBuffers(Arena& arena, int64_t p);
};

// An estimate of s_1, at most that and hardly below 0.98 of it. g is p x p by columns, both triangles.
double largest_singular(const double* g, int p, const EndsBuffers& buffers);

// The min(p, kBottomVectors) smallest singular values, ascending, to buffers.values, and their vectors to
// buffers.vectors; each value is at least the true one, good to about 1e-7 s_1. In g.g the upper triangle and
// the separate diagonal are read; the lower triangle and the diagonal are overwritten. The vectors of values
// up to `threshold` are iterated until they have settled. Returns the number of values, 0 if g is not
// positive definite with any shift, and in left_out how many are up to the threshold; all of them where
// vectors did not settle.
int smallest_singular(const Cholesky<double>& g, const double* diagonal, double largest, double threshold,
                      int& left_out, const EndsBuffers& buffers);

}  // namespace fm::linalg
#endif
