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
constexpr double kFound = 1.4e-7;   // more than find_smallest is off by, over s_1

template <class T>
struct DirectBuffers {
  T *x, *factor, *inverses;  // of the first step's Cholesky factor, where T is float
  DirectBuffers(Arena& arena, int64_t p, int64_t l)
      : x(arena.take<T>(p * l)),
        factor(sizeof(T) == 4 ? arena.take<T>(p * p) : nullptr),
        inverses(sizeof(T) == 4 ? arena.take<T>(kCholeskyBlock * p) : nullptr) {}
};

// The second solution of the first step, Y = L^-T Z with singular values s / (1 + c s^2), in binary32 where X
// is. L^-T multiplies by at most 1 and Z, with s / sqrt(1 + c s^2), is nearly orthogonal: rounding it to
// binary32 puts about 2^-23 into X, which takes Y times 2 sqrt(c). L^-1 X needs binary64.
template <class T>
class SecondSolution {
 public:
  SecondSolution(const PolarProblem& problem, const Cholesky<double>& factor, const DirectBuffers<T>& own)
      : problem_(problem), factor_(factor), single_{own.factor, problem.p, own.inverses} {
    if constexpr (sizeof(T) == 4) {
      const int64_t p = problem.p;
      for (int64_t j = 0; j < p; ++j) convert(factor.g + j * p + j, single_.g + j * p + j, p - j);
      convert(factor.inverses, single_.inverses, kCholeskyBlock * p);
    }
  }
  // Y = L^-T Z, of k vectors; Z is lost.
  T* operator()(double* z, int k) const {
    if constexpr (sizeof(T) == 4) {
      T* y = reinterpret_cast<T*>(problem_.buffers.other);
      convert(z, y, int64_t{problem_.p} * k);
      single_.solve_upper(y, k);
      return y;
    } else {
      factor_.solve_upper(z, k);
      return z;
    }
  }

 private:
  const PolarProblem& problem_;
  const Cholesky<double>& factor_;
  Cholesky<T> single_;
};

// X = the first step's result. Returns the sum of 1 / (1 + c s^2)^2 over the directions, which is p - c (<Z,
// Z> + <Y, Y>) with I + c X X^T = L L^T, Z = L^-1 X, Y = L^-T Z: one with a small s adds about 1 to it.
template <class T>
double first_step(const PolarProblem& problem, const Cholesky<double>& factor, const Halley& h, double s,
                  const DirectBuffers<T>& own) {
  const int p = problem.p;
  const SecondSolution<T> second(problem, factor, own);
  double products = 0;
  for (int first = 0; first < problem.l; first += kHalleyBlock) {
    const int k = std::min(kHalleyBlock, problem.l - first);
    const int64_t count = int64_t{p} * k;
    T* block = own.x + int64_t{first} * p;
    double* z = problem.buffers.block;
    load_block(problem.a, first, k, block);
    convert(block, z, count);
    factor.solve_lower(0, z, k);
    products += dot(z, z, count);
    const T* y = second(z, k);
    products += dot(y, y, count);
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
  const Halley h(is_small ? std::min(0.9, 0.5 * problem.smallest / s)
                          : std::max(0.2 * problem.tolerance, problem.tolerance - kFound));
  const Cholesky<double> factor{buffers.g, p, buffers.inverses};
  if (!factor_shifted(h.c / (s * s), buffers.g, buffers.diagonal, factor)) return false;
  const double small = first_step(problem, factor, h, s, own);
  // What a direction at the tolerance would add.
  const double at_tolerance = std::pow(1 + h.c * problem.tolerance * problem.tolerance, -2);
  const double limit = kCertain * at_tolerance;
  if (!is_small && small > limit && largest_of_sum(factor, small, buffers.ends) > limit &&
      !problem.find_smallest())
    return false;
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
