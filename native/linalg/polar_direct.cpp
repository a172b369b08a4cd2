// polar_direct.cpp - Halley's iteration on the matrix itself: one step in binary64, which takes care of
// conditions up to 1e7, the others in binary32.
#include <algorithm>
#include <cmath>

#include "blas.h"
#include "elements.h"
#include "halley.h"
#include "polar.h"
#include "work.h"

namespace fm::linalg {
namespace {

constexpr int kSmall = 512;
constexpr double kCertain = 0.995;  // rounding changes the sum by less than 0.002

template <class T>
struct DirectBuffers {
  T* x;
  DirectBuffers(Arena& arena, int64_t p, int64_t l) : x(arena.take<T>(p * l)) {}
};

// X = the first step's result. Returns the sum of 1 / (1 + c s^2)^2 over the directions, which is p - c (<X,
// Y> + <Y, Y>) with Y = (I + c X X^T)^-1 X: one with a small s adds about 1 to it.
template <class T>
double first_step(const PolarProblem& problem, const Cholesky<double>& factor, const Halley& h, double s,
                  T* x) {
  const int p = problem.p;
  double products = 0;
  for (int first = 0; first < problem.l; first += kHalleyBlock) {
    const int k = std::min(kHalleyBlock, problem.l - first);
    const int64_t count = int64_t{p} * k;
    T* block = x + int64_t{first} * p;
    double* y = problem.buffers.block;
    load_block(problem.a, first, k, block);
    convert(block, y, count);
    factor.solve_lower(0, y, k);
    factor.solve_upper(y, k);
    products += dot(block, y, count) + dot(y, y, count);
    combine((h.a - h.b / h.c) / s, y, h.b / h.c / s, block, count);
  }
  return p - h.c / (s * s) * products;
}

// X <- X - V V^T X with the vectors that are left out.
template <class T>
void leave_out(const PolarProblem& problem, T* x) {
  const int p = problem.p, d = problem.left_out;
  if (d == 0) return;
  T* v = reinterpret_cast<T*>(problem.buffers.ends.image);
  T* t = reinterpret_cast<T*>(problem.buffers.block);
  convert(problem.buffers.ends.vectors, v, int64_t{p} * d);
  for (int first = 0; first < problem.l; first += kHalleyBlock) {
    const int k = std::min(kHalleyBlock, problem.l - first);
    T* block = x + int64_t{first} * p;
    blas().gemm<T>()("T", "N", d, k, p, T{1}, v, p, block, p, T{0}, t, d);
    blas().gemm<T>()("N", "N", p, k, d, T{-1}, v, p, t, d, T{1}, block, p);
  }
}

template <class T>
bool run(PolarProblem& problem, PolarResult& result) {
  const int p = problem.p;
  const PolarBuffers& buffers = problem.buffers;
  Scope scope(problem.arena);
  DirectBuffers<T> own(problem.arena, p, problem.l);
  const double s = 1.01 * problem.largest;
  // The smallest singular value tells the best weights, and costs a tenth of the whole at p = 1024: there the
  // first step shows whether it matters.
  const bool is_small = p <= kSmall;
  if (is_small && !problem.find_smallest()) return false;
  const Halley h(is_small ? std::min(0.9, 0.5 * problem.smallest / s) : 0.2 * problem.tolerance);
  const Cholesky<double> factor{buffers.g, p, buffers.inverses};
  if (!factor_shifted(h.c / (s * s), buffers.g, buffers.diagonal, factor)) return false;
  const double small = first_step(problem, factor, h, s, own.x);
  // What a direction at the tolerance would add.
  const double at_tolerance = std::pow(1 + h.c * problem.tolerance * problem.tolerance, -2);
  if (!is_small && small > kCertain * at_tolerance && !problem.find_smallest()) return false;
  HalleyState state{h.next, problem.left_out};
  problem.has_gram = false;
  const HalleyWork<T> work{reinterpret_cast<T*>(buffers.g), 'L', p, reinterpret_cast<T*>(buffers.inverses),
                           reinterpret_cast<T*>(buffers.block)};
  if (!iterate_halley(state, own.x, p, problem.l, work)) return false;
  leave_out(problem, own.x);
  result = {p - problem.left_out, 0};
  for (int first = 0; first < problem.l; first += kHalleyBlock) {
    const int k = std::min(kHalleyBlock, problem.l - first);
    const T* block = own.x + int64_t{first} * p;
    load_block(problem.a, first, k, buffers.block);
    result.nuclear_norm += dot(block, buffers.block, int64_t{p} * k);
    store_block(block, problem.q, first, k);
  }
  return true;
}

}  // namespace

int64_t direct_polar_bytes(int64_t p, int64_t l, bool exact) {
  return exact ? bytes_of<DirectBuffers<double>>(p, l) : bytes_of<DirectBuffers<float>>(p, l);
}

bool direct_polar(PolarProblem& problem, PolarResult& result) {
  return problem.exact ? run<double>(problem, result) : run<float>(problem, result);
}

}  // namespace fm::linalg
