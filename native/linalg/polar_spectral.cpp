// polar_spectral.cpp - the polar factor of a matrix of deficient rank, by eigenvectors of its Gram matrix G =
// A A^T. V: those that are in, S^2 their eigenvalues. The rows of Z = S^-1 V^T A are orthonormal but for the
// rounding of G: with the Cholesky factor C of Z Z^T, V^T A = (S C) (C^-1 Z), so polar(V^T A) = polar(S C)
// C^-1 Z. What remains is how well V spans the directions that are in: to about 1e-16 (s_1 / s)^2.
#include <algorithm>
#include <cmath>

#include "blas.h"
#include "elements.h"
#include "halley.h"
#include "low_rank.h"
#include "polar.h"
#include "work.h"

namespace fm::linalg {
namespace {

struct SpectralBuffers {
  double *values, *lengths, *inverse_lengths, *work;
  int* integers;
  int64_t work_size, integer_size;
  SpectralBuffers(Arena& arena, int64_t p) {
    work_size = 2 * p * p + 6 * p + 1;  // of dsyevd; then C and X, r x r each
    integer_size = 5 * p + 3;
    values = arena.take<double>(p);
    lengths = arena.take<double>(p);
    inverse_lengths = arena.take<double>(p);
    work = arena.take<double>(work_size);
    integers = arena.take<int>(integer_size);
  }
};

// The directions that are in.
struct Kept {
  const double* v;            // p x r
  const double *s, *inverse;  // r
  int p, r;
};

// z (r x k) = S^-1 V^T A for a block of A in y (p x k).
void project(const Kept& kept, const double* y, int k, double* z) {
  blas().dgemm("T", "N", kept.r, k, kept.p, 1.0, kept.v, kept.p, y, kept.p, 0.0, z, kept.r);
  for (int64_t j = 0; j < k; ++j) scale(z + j * kept.r, 1.0, kept.inverse, kept.r);
}

// Z Z^T in the lower triangle of c.
void project_gram(const PolarProblem& problem, const Kept& kept, double* c) {
  const PolarBuffers& buffers = problem.buffers;
  for (int first = 0; first < problem.l; first += kHalleyBlock) {
    const int k = std::min(kHalleyBlock, problem.l - first);
    load_block(problem.a, first, k, buffers.block);
    project(kept, buffers.block, k, buffers.other);
    blas().dsyrk("L", "N", kept.r, k, 1.0, buffers.other, kept.r, first ? 1.0 : 0.0, c, kept.r);
  }
}

double distance_from_identity(const double* c, int r) {
  double most = 0;
  for (int64_t j = 0; j < r; ++j)
    for (int64_t i = j; i < r; ++i) most = std::max(most, std::abs(c[j * r + i] - (i == j ? 1 : 0)));
  return most;
}

// x = polar(S C) C^-1, from Z Z^T in c, which has a column more than r for the iteration. False if Z is not
// of rank r.
bool correction(const PolarProblem& problem, const Kept& kept, double* c, double* x) {
  const int r = kept.r;
  int info = 0;
  blas().dpotrf("L", r, c, r, &info);
  if (info != 0) return false;
  const double largest = kept.s[r - 1], smallest = kept.s[0];
  for (int64_t j = 0; j < r; ++j) {
    std::fill_n(x + j * r, j, 0.0);
    std::copy_n(c + j * r + j, r - j, x + j * r + j);
    scale(x + j * r + j, 1 / (1.01 * largest), kept.s + j, r - j);
  }
  HalleyState state{std::min(0.9, 0.4 * smallest / largest)};
  // The upper triangle beside C, one column on, is the iteration's.
  if (!iterate_halley(state, x, r, r, HalleyWork<double>{c + r, 'U', r, nullptr, problem.buffers.block}))
    return false;
  blas().dtrsm("R", "L", "N", "N", r, r, 1.0, c, r, x, r);
  return true;
}

// The eigenvectors of g, in its place, that are in.
Kept choose_kept(const PolarProblem& problem, const SpectralBuffers& own) {
  const int p = problem.p;
  double* g = problem.buffers.g;
  int found = low_rank_eigen(g, p, problem.largest * problem.largest, own.values, own.work, own.integers);
  if (found == 0) {
    found = p;
    int info = 0;
    blas().dsyevd("V", "L", p, g, p, own.values, own.work, static_cast<int>(own.work_size), own.integers,
                  static_cast<int>(own.integer_size), &info);
    if (info != 0) refuse(FM_INTERNAL, "fm_matrix_polar: dsyevd of %d ends with info %d", p, info);
  }
  const double least = problem.tolerance * problem.tolerance * own.values[found - 1];
  int r = 0;
  while (r < found && own.values[found - 1 - r] > least) ++r;
  for (int i = 0; i < r; ++i) {
    own.lengths[i] = std::sqrt(own.values[found - r + i]);
    own.inverse_lengths[i] = 1 / own.lengths[i];
  }
  return {g + int64_t{found - r} * p, own.lengths, own.inverse_lengths, p, r};
}

}  // namespace

int64_t spectral_polar_bytes(int64_t p) { return bytes_of<SpectralBuffers>(p); }

void spectral_polar(const PolarProblem& problem, PolarResult& result) {
  const int p = problem.p;
  const PolarBuffers& buffers = problem.buffers;
  double* g = buffers.g;
  Scope scope(problem.arena);
  SpectralBuffers own(problem.arena, p);
  upper_to_lower(g, p, p);
  for (int64_t j = 0; j < p; ++j) g[j * p + j] = buffers.diagonal[j];
  const Kept kept = choose_kept(problem, own);
  const int r = kept.r;
  double* c = own.work;
  double* x = own.work + int64_t{r} * (r + 1);
  bool is_corrected = false;
  if (own.lengths[0] < 1e-3 * own.lengths[r - 1] || problem.exact) {
    project_gram(problem, kept, c);
    is_corrected =
        distance_from_identity(c, r) > (problem.exact ? 1e-11 : 1e-8) && correction(problem, kept, c, x);
  }
  result = {r, 0};
  for (int first = 0; first < problem.l; first += kHalleyBlock) {
    const int k = std::min(kHalleyBlock, problem.l - first);
    double *in = buffers.block, *out = buffers.other;
    load_block(problem.a, first, k, in);
    project(kept, in, k, out);
    if (is_corrected) {
      blas().dgemm("N", "N", r, k, r, 1.0, x, r, out, r, 0.0, in, r);
      std::swap(in, out);
    }
    blas().dgemm("N", "N", p, k, r, 1.0, kept.v, p, out, r, 0.0, in, p);
    load_block(problem.a, first, k, out);
    result.nuclear_norm += dot(in, out, int64_t{p} * k);
    store_block(in, problem.q, first, k);
  }
}

}  // namespace fm::linalg
