// polar_complete.cpp - the polar factor as LAPACK's SVD has it: U V^T, whatever it makes of null directions.
#include <algorithm>
#include <limits>

#include "blas.h"
#include "elements.h"
#include "polar.h"
#include "work.h"

namespace fm::linalg {
namespace {

// a by rows is n x m by columns, = U S V^T with U n x p and V^T p x m.
struct CompleteBuffers {
  float *copy, *u, *vt, *s, *work;
  int* integers;
  int64_t work_size;
  CompleteBuffers(Arena& arena, int64_t m, int64_t n) {
    const int64_t p = std::min(m, n);
    work_size = 4 * p * p + 7 * p + 64 * (m + n);
    copy = arena.take<float>(m * n);
    u = arena.take<float>(n * p);
    vt = arena.take<float>(p * m);
    s = arena.take<float>(p);
    work = arena.take<float>(work_size);
    integers = arena.take<int>(8 * p);
  }
};

}  // namespace

int64_t complete_polar_bytes(int64_t m, int64_t n) { return bytes_of<CompleteBuffers>(m, n); }

PolarResult complete_polar(Arena& arena, const fm_matrix& a, fm_matrix& q, double& largest) {
  const int m = static_cast<int>(a.rows), n = static_cast<int>(a.columns), p = std::min(m, n);
  Scope scope(arena);
  CompleteBuffers own(arena, m, n);
  if (own.work_size > std::numeric_limits<int>::max())
    refuse(FM_UNSUPPORTED, "fm_matrix_polar: the smaller side is %d, LAPACK takes at most 23000", p);
  for (int64_t i = 0; i < m; ++i) std::copy_n(row<float>(a, i), n, own.copy + i * n);
  int info = 0;
  blas().sgesdd("S", n, m, own.copy, n, own.s, own.u, n, own.vt, p, own.work, static_cast<int>(own.work_size),
                own.integers, &info);
  if (info != 0) refuse(FM_INTERNAL, "fm_matrix_polar: sgesdd of %d x %d ends with info %d", m, n, info);
  largest = static_cast<double>(own.s[0]);
  blas().sgemm("N", "N", n, m, p, 1.0f, own.u, n, own.vt, p, 0.0f, own.copy, n);
  PolarResult result{p, 0};
  for (int64_t i = 0; i < m; ++i) {
    result.nuclear_norm += dot(own.copy + i * n, row<float>(a, i), n);
    std::copy_n(own.copy + i * n, n, row<float>(q, i));
  }
  return result;
}

}  // namespace fm::linalg
