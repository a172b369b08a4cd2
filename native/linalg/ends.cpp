#include "ends.h"

#include <algorithm>
#include <cmath>

#include "blas.h"
#include "elements.h"
#include "failure.h"
#include "halley.h"
#include "normals.h"

namespace fm::linalg {
namespace {

constexpr double kInvariant = 1e-10;  // what is left of a step within an invariant subspace
constexpr int kLooseSteps = 2;
constexpr int kInverseSteps = 4;
constexpr int kMostInverseSteps = 60;
constexpr double kSettled = 1e-10;
constexpr int kWorkColumns = 64;
constexpr uint64_t kSeed = 20260101;

// Orthonormal columns in the place of v (p x k).
void orthonormalise(double* v, int p, int k, const EndsBuffers& buffers) {
  int info = 0;
  blas().dgeqrf(p, k, v, p, buffers.tau, buffers.work, kWorkColumns * kBottomVectors, &info);
  blas().dorgqr(p, k, k, v, p, buffers.tau, buffers.work, kWorkColumns * kBottomVectors, &info);
}

// Rayleigh-Ritz with g in the span of v (p x k): values and vectors, ascending. False if LAPACK fails.
bool ritz(const double* g, int p, int k, const EndsBuffers& buffers) {
  int info = 0, integers[3 + 5 * kBottomVectors];
  int* const whole = integers;
  double* v = buffers.vectors;
  blas().dsymm("L", "U", p, k, 1.0, g, p, v, p, 0.0, buffers.image, p);
  blas().dgemm("T", "N", k, k, p, 1.0, v, p, buffers.image, p, 0.0, buffers.small, k);
  blas().dsyevd("V", "L", k, buffers.small, k, buffers.values, buffers.work, kWorkColumns * kBottomVectors,
                whole, 3 + 5 * kBottomVectors, &info);
  if (info != 0) return false;
  blas().dgemm("N", "N", p, k, k, 1.0, v, p, buffers.small, k, 0.0, buffers.image, p);
  std::copy_n(buffers.image, int64_t{p} * k, v);
  for (int i = 0; i < k; ++i) buffers.values[i] = std::sqrt(std::max(0.0, buffers.values[i]));
  return true;
}

void put_diagonal(const double* diagonal, double* g, int p) {
  for (int64_t j = 0; j < p; ++j) g[j * p + j] = diagonal[j];
}

// Steps after which the d lowest of k vectors have settled: each one shrinks what is above by the ratio of
// the shifted eigenvalues.
double steps_needed(int d, int k, double shift, const double* values) {
  const double low = values[d - 1] * values[d - 1] + shift, high = values[k - 1] * values[k - 1] + shift;
  return low < high ? std::log(kSettled) / std::log(low / high) : kMostInverseSteps + 1;
}

}  // namespace

EndsBuffers::EndsBuffers(Arena& arena, int64_t p)
    : vectors(arena.take<double>(p * kBottomVectors)),
      image(arena.take<double>(p * kBottomVectors)),
      factor_diagonal(arena.take<double>(p)),
      small(arena.take<double>(kBottomVectors * kBottomVectors)),
      values(arena.take<double>(kBottomVectors)),
      tau(arena.take<double>(kBottomVectors)),
      work(arena.take<double>(kWorkColumns * kBottomVectors)) {}

double largest_singular(const double* g, int p, const EndsBuffers& buffers) {
  double diagonal[kLanczosSteps], beside[kLanczosSteps], trace = 0;
  double* const v = buffers.vectors;
  fill_normals(kSeed, 0, 0, v, p);
  double length = std::sqrt(dot(v, v, p));
  int steps = 0;
  do {
    double* q = v + int64_t{steps} * p;
    double* next = q + p;
    scale(q, 1 / length, p);
    blas().dsymv("L", p, 1.0, g, p, q, 1, 0.0, next, 1);
    trace += diagonal[steps++] = dot(q, next, p);
    blas().dgemv("T", p, steps, 1.0, v, p, next, 1, 0.0, buffers.image, 1);
    blas().dgemv("N", p, steps, -1.0, v, p, buffers.image, 1, 1.0, next, 1);
    beside[steps - 1] = length = std::sqrt(dot(next, next, p));
  } while (steps < kLanczosSteps && length > kInvariant * trace);
  int info = 0;
  blas().dsterf(steps, &diagonal[0], &beside[0], &info);
  if (info != 0) refuse(FM_INTERNAL, "dsterf of %d numbers: %d", steps, info);
  return std::sqrt(std::max(0.0, diagonal[steps - 1]));
}

int smallest_singular(const Cholesky<double>& matrix, const double* diagonal, double largest,
                      double threshold, int& left_out, const EndsBuffers& buffers) {
  double* const g = matrix.g;
  const int p = matrix.p, k = std::min(p, kBottomVectors);
  // The shift is about what binary64 can tell from zero, and grows until it is enough.
  double shift = largest * largest * 1e-15;
  bool positive = false;
  for (int attempt = 0; attempt < 6 && !positive; ++attempt) {
    shift *= 10;
    positive = factor_shifted(1 / shift, g, diagonal, matrix);
  }
  if (!positive) return 0;
  for (int64_t j = 0; j < p; ++j) buffers.factor_diagonal[j] = g[j * p + j];
  double* v = buffers.vectors;
  fill_normals(kSeed, 1, 0, v, int64_t{p} * k);
  int needed = kInverseSteps;
  for (int step = 0; step < needed;) {
    put_diagonal(buffers.factor_diagonal, g, p);
    for (; step < needed; ++step) {
      matrix.solve_lower(0, v, k);
      matrix.solve_upper(v, k);
      orthonormalise(v, p, k, buffers);
    }
    put_diagonal(diagonal, g, p);
    if (!ritz(g, p, k, buffers)) return 0;
    left_out =
        static_cast<int>(std::upper_bound(buffers.values, buffers.values + k, threshold) - buffers.values);
    if (left_out == 0 || left_out == k || k == p) break;
    const double more = steps_needed(left_out, k, shift, buffers.values);
    if (more > kMostInverseSteps) {
      left_out = k;
      break;
    }
    if (needed == kInverseSteps) needed = std::max(needed, static_cast<int>(std::ceil(more)));
  }
  return k;
}

double largest_of_sum(const Cholesky<double>& factor, double sum, const EndsBuffers& buffers) {
  const int p = factor.p, k = kLooseVectors;
  if (p < k || sum >= k) return sum;
  double* v = buffers.vectors;
  fill_normals(kSeed, 2, 0, v, int64_t{p} * k);
  for (int step = 0; step < kLooseSteps; ++step) {
    factor.solve_lower(0, v, k);
    factor.solve_upper(v, k);
    orthonormalise(v, p, k, buffers);
  }
  factor.solve_lower(0, v, k);
  blas().dsyrk("L", "T", k, p, 1.0, v, p, 0.0, buffers.small, k);
  int info = 0, integer[1];
  blas().dsyevd("N", "L", k, buffers.small, k, buffers.values, buffers.work, kWorkColumns * kBottomVectors,
                &integer[0], 1, &info);
  if (info != 0) return sum;
  for (int i = 0; i + 1 < k; ++i) sum -= buffers.values[i] * buffers.values[i];
  return sum;
}

}  // namespace fm::linalg
