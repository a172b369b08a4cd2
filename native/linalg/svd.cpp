// svd.cpp - the whole singular value decomposition, by LAPACK's gesdd.
#include <algorithm>
#include <limits>

#include "blas.h"
#include "elements.h"
#include "matrix.h"
#include "signs.h"
#include "work.h"

namespace fm::linalg {
namespace {

// LAPACK, by columns, is faster with the long side first: it gets a where a is tall, else a^T, as l x p; its
// left vectors belong to the long side, its right ones, which come as rows, to the small one.
template <class T>
struct SvdBuffers {
  T *copy, *left, *s, *work;
  int* integers;
  int64_t work_size;

  SvdBuffers(Arena& arena, int64_t m, int64_t n) {
    const int64_t p = std::min(m, n);
    work_size = 4 * p * p + 7 * p + 64 * (m + n);  // gesdd's least, and blocks of 64 columns
    copy = arena.take<T>(m * n);
    left = arena.take<T>(std::max(m, n) * p);
    s = arena.take<T>(p);
    work = arena.take<T>(work_size);
    integers = arena.take<int>(8 * p);
  }
};

template <class T>
void decompose(Arena& arena, const fm_matrix& a, fm_matrix* u, double* s, fm_matrix* v) {
  const int m = static_cast<int>(a.rows), n = static_cast<int>(a.columns), p = std::min(m, n),
            l = std::max(m, n);
  Scope scope(arena);
  arena.require(bytes_of<SvdBuffers<T>>(a.rows, a.columns));
  const SvdBuffers<T> buffers(arena, m, n);
  if (buffers.work_size > std::numeric_limits<int>::max())
    refuse(FM_UNSUPPORTED, "fm_matrix_svd: the smaller side is %d, LAPACK takes at most 23000", p);
  const bool tall = m > n;
  if (tall) {
    transpose(row<T>(a, 0), a.stride, m, n, buffers.copy, m);
  } else {
    for (int i = 0; i < m; ++i) std::copy_n(row<T>(a, i), n, buffers.copy + int64_t{i} * n);
  }
  const fm_matrix *large = tall ? u : v, *small = tall ? v : u;
  T nothing{};
  int info = 0;
  blas().gesdd<T>()(small ? "S" : "N", l, p, buffers.copy, l, buffers.s, buffers.left, l,
                    small ? row<T>(*small, 0) : &nothing, small ? static_cast<int>(small->stride) : 1,
                    buffers.work, static_cast<int>(buffers.work_size), buffers.integers, &info);
  if (info != 0) refuse(FM_INTERNAL, "fm_matrix_svd: gesdd of %d x %d ends with info %d", m, n, info);
  for (int k = 0; k < p; ++k) s[k] = static_cast<double>(buffers.s[k]);
  if (!large) return;
  transpose(buffers.left, l, p, l, row<T>(*large, 0), large->stride);
  fix_signs(u, v);
}

}  // namespace

int64_t svd_work(int64_t m, int64_t n, int64_t element_bytes) {
  return element_bytes == 4 ? bytes_of<SvdBuffers<float>>(m, n) : bytes_of<SvdBuffers<double>>(m, n);
}

}  // namespace fm::linalg

fm_status fm_matrix_svd(fm_arena* arena, const fm_matrix* a, fm_matrix* u, double* s, fm_matrix* v,
                        fm_error* error) {
  using namespace fm::linalg;
  return guarded_call("fm_matrix_svd", error, [&] {
    check_matrix("fm_matrix_svd: a", a);
    if (!arena || !s || !u != !v)
      refuse(FM_INVALID_ARGUMENT, "fm_matrix_svd: no arena, no s, or one of u and v");
    const int64_t p = std::min(a->rows, a->columns);
    if (u) check_matrix("fm_matrix_svd: u", u, a->dtype, a->rows, p);
    if (v) check_matrix("fm_matrix_svd: v", v, a->dtype, a->columns, p);
    check_finite("fm_matrix_svd: a", *a);
    Session session(*arena);
    if (a->dtype == FM_F64) {
      decompose<double>(*arena, *a, u, s, v);
    } else {
      decompose<float>(*arena, *a, u, s, v);
    }
  });
}
