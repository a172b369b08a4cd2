// polar_reduced.cpp - the polar factor of a long matrix by way of the triangular factor of its Gram matrix.
// The big side is read twice, in blocks; all else is p x p. L^-1 A is as orthonormal as the square of A's
// condition times the precision of binary64 allows.
#include <algorithm>

#include "blas.h"
#include "elements.h"
#include "halley.h"
#include "polar.h"
#include "work.h"

namespace fm::linalg {
namespace {

constexpr double kSingleCondition = 1e2;  // up to it polar(L) L^-1 is good enough as one binary32 matrix
constexpr double kCondition = 1e5;
constexpr double kExactCondition = 1e4;

template <class T>
struct ReducedBuffers {
  double *m, *inverses;  // of the step's matrix
  T* x;
  ReducedBuffers(Arena& arena, int64_t p)
      : m(arena.take<double>(p * p)),
        inverses(arena.take<double>(kCholeskyBlock * p)),
        x(arena.take<T>(p * p)) {}
};

// X = the first step's result for L / s; m is the step's factor.
template <class T>
void first_step(const PolarProblem& problem, const Cholesky<double>& m, const Halley& h, double s, T* x) {
  const int p = problem.p;
  double* y = problem.buffers.block;
  for (int first = 0; first < p; first += kHalleyBlock) {
    const int k = std::min(kHalleyBlock, p - first);
    for (int j = 0; j < k; ++j) {
      const int64_t column = int64_t{first} + j;
      double* to = y + int64_t{j} * p;
      std::fill_n(to, column, 0.0);
      std::copy_n(problem.buffers.g + column * p + column, p - column, to + column);
    }
    const int64_t count = int64_t{p} * k;
    T* block = x + int64_t{first} * p;
    std::copy_n(y, count, problem.buffers.other);
    m.solve_lower(first, y, k);
    m.solve_upper(y, k);
    scale(problem.buffers.other, h.b / h.c / s, count);
    combine((h.a - h.b / h.c) / s, y, 1.0, problem.buffers.other, count);
    convert(problem.buffers.other, block, count);
  }
}

// Q block by block: polar(L) times L^-1 A; or the product of both factors, in x, times A.
template <class T>
double finish(const PolarProblem& problem, const T* x, bool is_product) {
  const int p = problem.p;
  const PolarBuffers& buffers = problem.buffers;
  T* in = reinterpret_cast<T*>(buffers.other);
  T* out = reinterpret_cast<T*>(buffers.block);
  double nuclear = 0;
  for (int first = 0; first < problem.l; first += kHalleyBlock) {
    const int k = std::min(kHalleyBlock, problem.l - first);
    const int64_t count = int64_t{p} * k;
    if (is_product) {
      load_block(problem.a, first, k, in);
    } else {
      load_block(problem.a, first, k, buffers.block);
      Cholesky<double>{buffers.g, p, buffers.inverses}.solve_lower(0, buffers.block, k);
      convert(buffers.block, in, count);
    }
    blas().gemm<T>()("N", "N", p, k, p, T{1}, x, p, in, p, T{0}, out, p);
    if (!is_product) load_block(problem.a, first, k, in);
    nuclear += dot(out, in, count);
    store_block(out, problem.q, first, k);
  }
  return nuclear;
}

template <class T>
bool run(PolarProblem& problem, PolarResult& result) {
  const int p = problem.p;
  double* g = problem.buffers.g;
  if (!problem.find_smallest() || problem.left_out > 0) return false;
  const double condition = problem.largest / problem.smallest;
  if (!(condition <= (problem.exact ? kExactCondition : kCondition))) return false;
  Scope scope(problem.arena);
  ReducedBuffers<T> own(problem.arena, p);
  const double s = 1.01 * problem.largest;
  HalleyState state{std::min(0.9, 0.5 * problem.smallest / s)};
  const Halley h(state.bound);
  const Cholesky<double> m{own.m, p, own.inverses};
  if (!factor_shifted(h.c / (s * s), g, problem.buffers.diagonal, m)) return false;
  upper_to_lower(g, p, p);
  for (int64_t j = 0; j < p; ++j) g[j * p + j] = problem.buffers.diagonal[j];
  if (!Cholesky<double>{g, p, problem.buffers.inverses}.factor()) return false;
  first_step(problem, m, h, s, own.x);
  state.bound = h.next;
  const HalleyWork<T> work{reinterpret_cast<T*>(own.m), 'L', p, reinterpret_cast<T*>(own.inverses),
                           reinterpret_cast<T*>(problem.buffers.block)};
  if (!iterate_halley(state, own.x, p, p, work)) return false;
  const bool is_product = !problem.exact && condition <= kSingleCondition;
  if (is_product) {
    T* factor = reinterpret_cast<T*>(own.m);
    convert(g, factor, int64_t{p} * p);
    blas().trsm<T>()("R", "L", "N", "N", p, p, T{1}, factor, p, own.x, p);
  }
  result = {p, finish(problem, own.x, is_product)};
  return true;
}

}  // namespace

int64_t reduced_polar_bytes(int64_t p, bool exact) {
  return exact ? bytes_of<ReducedBuffers<double>>(p) : bytes_of<ReducedBuffers<float>>(p);
}

bool reduced_polar(PolarProblem& problem, PolarResult& result) {
  return problem.exact ? run<double>(problem, result) : run<float>(problem, result);
}

}  // namespace fm::linalg
