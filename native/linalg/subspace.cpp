// subspace.cpp - leading singular triplets by randomised subspace iteration (Halko, Martinsson and Tropp
// 2011).
#include <algorithm>
#include <cmath>

#include "blas.h"
#include "elements.h"
#include "normals.h"
#include "qr.h"
#include "signs.h"
#include "vectors.h"
#include "work.h"

namespace fm::linalg {
namespace {

constexpr double kZero = 1e-6;  // of s_1: a direction of rounding errors

int64_t width_of(int64_t m, int64_t n, int64_t k) {
  return std::min({m, n, k + std::max<int64_t>(8, k / 4)});
}

// The left basis y m x l, the right one z n x l, and the SVD of the l x l core in binary64.
struct SubspaceBuffers {
  float *y, *z, *small;
  double *core, *u, *vt, *s, *work;
  int* integers;
  int64_t work_size;
  SubspaceBuffers(Arena& arena, int64_t m, int64_t n, int64_t k) {
    const int64_t l = width_of(m, n, k);
    work_size = 4 * l * l + 7 * l + 128 * l;
    y = arena.take<float>(m * l);
    z = arena.take<float>(n * l);
    small = arena.take<float>(l * l);
    core = arena.take<double>(l * l);
    u = arena.take<double>(l * l);
    vt = arena.take<double>(l * l);
    s = arena.take<double>(l);
    work = arena.take<double>(work_size);
    integers = arena.take<int>(8 * l);
  }
};

// c = op(a) b of binary32 matrices by rows.
void times(const fm_matrix& a, bool transposed, const fm_matrix& b, const fm_matrix& c) {
  blas().sgemm("N", transposed ? "T" : "N", static_cast<int>(c.columns), static_cast<int>(c.rows),
               static_cast<int>(b.rows), 1.0f, row<float>(b, 0), static_cast<int>(b.stride), row<float>(a, 0),
               static_cast<int>(a.stride), 0.0f, row<float>(c, 0), static_cast<int>(c.stride));
}

fm_matrix matrix_of(float* data, int64_t rows, int64_t columns) {
  return {data, rows, columns, columns, FM_F32, 0};
}

// to (rows x k) = basis times the first k columns of the l x l vectors, which are by columns, or by rows.
void rotate(const fm_matrix& basis, const double* vectors, bool by_rows, int64_t l, int64_t k, float* small,
            const fm_matrix& to) {
  for (int64_t i = 0; i < l; ++i)
    for (int64_t j = 0; j < k; ++j)
      small[i * k + j] = static_cast<float>(by_rows ? vectors[i * l + j] : vectors[j * l + i]);
  times(basis, false, matrix_of(small, l, k), to);
}

void leading(Arena& arena, const fm_matrix& a, int64_t k, int steps, uint64_t seed, fm_matrix& u, double* s,
             fm_matrix& v) {
  Scope scope(arena);
  SubspaceBuffers buffers(arena, a.rows, a.columns, k);
  const int64_t l = width_of(a.rows, a.columns, k);
  const fm_matrix y = matrix_of(buffers.y, a.rows, l), z = matrix_of(buffers.z, a.columns, l);
  const fm_matrix r = matrix_of(buffers.small, l, l);
  fill_normals(seed, 0, 0, buffers.z, a.columns * l);
  for (int step = 0; step <= steps; ++step) {
    if (step > 0) thin_qr<float>(arena, z, nullptr);
    times(a, false, z, y);
    thin_qr<float>(arena, y, nullptr);
    times(a, true, y, z);
  }
  thin_qr<float>(arena, z, &r);
  // a is about y (y^T a) = y r^T z^T; r by rows is r^T by columns.
  convert(buffers.small, buffers.core, l * l);
  const int side = static_cast<int>(l);
  int info = 0;
  blas().dgesdd("S", side, side, buffers.core, side, buffers.s, buffers.u, side, buffers.vt, side,
                buffers.work, static_cast<int>(buffers.work_size), buffers.integers, &info);
  if (info != 0) refuse(FM_INTERNAL, "fm_matrix_subspace: dgesdd of %d ends with info %d", side, info);
  rotate(y, buffers.u, false, l, k, buffers.small, u);
  rotate(z, buffers.vt, true, l, k, buffers.small, v);
  fix_signs(&u, &v);
  for (int64_t j = 0; j < k; ++j) {
    s[j] = buffers.s[j];
    if (s[j] > kZero * buffers.s[0]) continue;
    s[j] = 0;
    for (int64_t i = 0; i < u.rows; ++i) row<float>(u, i)[j] = 0;
    for (int64_t i = 0; i < v.rows; ++i) row<float>(v, i)[j] = 0;
  }
}

}  // namespace

int64_t subspace_work(int64_t m, int64_t n, int64_t k) {
  return bytes_of<SubspaceBuffers>(m, n, k) + qr_work(std::max(m, n), width_of(m, n, k));
}

}  // namespace fm::linalg

fm_status fm_matrix_subspace(fm_arena* arena, const fm_matrix* a, int64_t k, int32_t steps, uint64_t seed,
                             fm_matrix* u, double* s, fm_matrix* v, double* energy, fm_error* error) {
  using namespace fm::linalg;
  return guarded_call("fm_matrix_subspace", error, [&] {
    check_matrix("fm_matrix_subspace: a", a, FM_F32);
    const int64_t p = std::min(a->rows, a->columns);
    if (!arena || !s) refuse(FM_INVALID_ARGUMENT, "fm_matrix_subspace: no arena or s");
    if (k < 1 || k > p)
      refuse(FM_INVALID_ARGUMENT, "fm_matrix_subspace: k is %lld, 1 to %lld are accepted",
             static_cast<long long>(k), static_cast<long long>(p));
    if (steps < 0 || steps > 100)
      refuse(FM_INVALID_ARGUMENT, "fm_matrix_subspace: steps is %d, 0 to 100 are accepted", steps);
    check_matrix("fm_matrix_subspace: u", u, FM_F32, a->rows, k);
    check_matrix("fm_matrix_subspace: v", v, FM_F32, a->columns, k);
    check_finite("fm_matrix_subspace: a", *a);
    Session session(*arena);
    double sum = 0;
    for (int64_t i = 0; i < a->rows; ++i) sum += dot(row<float>(*a, i), row<float>(*a, i), a->columns);
    if (energy) *energy = sum;
    leading(*arena, *a, k, steps, seed, *u, s, *v);
  });
}
