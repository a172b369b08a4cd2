// solve.cpp - right-hand sides times the inverse of a symmetric matrix.
#include <algorithm>

#include "blas.h"
#include "ridge.h"
#include "vectors.h"
#include "work.h"

namespace fm::linalg {
namespace {

constexpr int kRows = 1024;  // of the right-hand side at a time

struct SolveBuffers {
  double *diagonal, *block;
  SolveBuffers(Arena& arena, int64_t m, int64_t n)
      : diagonal(arena.take<double>(n)), block(arena.take<double>(std::min<int64_t>(m, kRows) * n)) {}
};

int64_t solve_system_work(int64_t m, int64_t n) { return bytes_of<SolveBuffers>(m, n); }

void fill_zero(const fm_matrix& x) {
  for (int64_t i = 0; i < x.rows; ++i) {
    if (x.dtype == FM_F64) {
      std::fill_n(row<double>(x, i), x.columns, 0.0);
    } else {
      std::fill_n(row<float>(x, i), x.columns, 0.0f);
    }
  }
}

// By rows: x^T = g^-1 b^T by columns.
void solve(Arena& arena, const fm_matrix& g, double ridge, const fm_matrix& b, const fm_matrix& x,
           double* used) {
  const int n = static_cast<int>(b.columns), stride = static_cast<int>(g.stride);
  Scope scope(arena);
  SolveBuffers buffers(arena, b.rows, n);
  bool is_zero = false;
  const double raised =
      factor_with_ridge("fm_matrix_solve: g", row<double>(g, 0), n, stride, ridge, buffers.diagonal, is_zero);
  if (used) *used = is_zero ? ridge : raised;
  if (is_zero) {
    fill_zero(x);
    return;
  }
  const Vectors from{&b, true, {}}, to{&x, true, {}};
  for (int first = 0; first < b.rows; first += kRows) {
    const int k = std::min(kRows, static_cast<int>(b.rows) - first);
    load_block(from, first, k, buffers.block);
    blas().dtrsm("L", "L", "N", "N", n, k, 1.0, row<double>(g, 0), stride, buffers.block, n);
    blas().dtrsm("L", "L", "T", "N", n, k, 1.0, row<double>(g, 0), stride, buffers.block, n);
    store_block(buffers.block, to, first, k);
  }
}

}  // namespace

int64_t solve_work(int64_t m, int64_t n, int64_t features) {
  return features > 0 ? feature_weights_work(m, n, features) : solve_system_work(m, n);
}

}  // namespace fm::linalg

fm_status fm_matrix_solve(fm_arena* arena, fm_matrix* g, double ridge, const fm_matrix* b, fm_matrix* x,
                          double* used, fm_error* error) {
  using namespace fm::linalg;
  return guarded_call("fm_matrix_solve", error, [&] {
    if (!arena) refuse(FM_INVALID_ARGUMENT, "fm_matrix_solve: no arena");
    check_matrix("fm_matrix_solve: b", b);
    check_matrix("fm_matrix_solve: g", g, FM_F64, b->columns, b->columns);
    check_matrix("fm_matrix_solve: x", x);
    check_matrix("fm_matrix_solve: x", x, x->dtype, b->rows, b->columns);
    if (!(ridge >= 0 && ridge <= 1))
      refuse(FM_INVALID_ARGUMENT, "fm_matrix_solve: ridge is %g, 0 to 1 is accepted", ridge);
    check_finite("fm_matrix_solve: g", *g);
    check_finite("fm_matrix_solve: b", *b);
    Session session(*arena);
    solve(*arena, *g, ridge, *b, *x, used);
  });
}
