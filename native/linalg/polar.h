// polar.h - the ways to a polar factor, chosen in polar.cpp. The matrix is l vectors of p <= l numbers (its
// rows or columns, those that are not zero); in formulas it is A, p x l, and Q = polar(A).
#ifndef FASTMERGE_LINALG_POLAR_H
#define FASTMERGE_LINALG_POLAR_H
#include "arena.h"
#include "ends.h"
#include "vectors.h"

namespace fm::linalg {

struct PolarBuffers {
  double *g, *diagonal, *block, *other,
      *inverses;  // p x p, p, two blocks of kHalleyBlock vectors, of Cholesky
  EndsBuffers ends;
  PolarBuffers(Arena& arena, int64_t p);
};

struct PolarProblem {
  Arena& arena;
  Vectors a, q;
  int p, l;
  bool exact;
  double tolerance;
  PolarBuffers& buffers;  // g = A A^T in the upper triangle, its diagonal apart; the lower triangle is free
  double largest;         // s_1, estimated
  bool has_gram = true;   // false: a way that failed has worked in the memory of g
  double smallest = 0;    // of the directions that are in, once find_smallest has been called
  int left_out = 0;       // of the vectors in buffers.ends: the first ones

  // Directions up to the tolerance. False if there may be more of them than buffers.ends has vectors.
  bool find_smallest();
};

struct PolarResult {
  int64_t rank;
  double nuclear_norm;
};

// Halley's iteration on A itself, for l < 1.25 p. False if it does not converge or leaves out too many.
bool direct_polar(PolarProblem& problem, PolarResult& result);
// On the triangular factor of A A^T = L L^T, for longer ones: Q = polar(L) L^-1 A. False if the condition of
// A is above 1e5.
bool reduced_polar(PolarProblem& problem, PolarResult& result);
// By the eigenvectors V of A A^T that are in: Q = V polar(V^T A). For any matrix.
void spectral_polar(const PolarProblem& problem, PolarResult& result);
// LAPACK's SVD.
PolarResult complete_polar(Arena& arena, const fm_matrix& a, fm_matrix& q, double& largest);

int64_t direct_polar_bytes(int64_t p, int64_t l, bool exact);
int64_t reduced_polar_bytes(int64_t p, bool exact);
int64_t spectral_polar_bytes(int64_t p);
int64_t complete_polar_bytes(int64_t m, int64_t n);

}  // namespace fm::linalg
#endif
