// qr.cpp - thin QR. a by rows is a^T by columns: its LQ, so that nothing is transposed.
#include <algorithm>
#include <cmath>
#include <limits>

#include "qr.h"

#include "elements.h"
#include "vectors.h"
#include "work.h"

namespace fm::linalg {
namespace {

// A column is taken for dependent when what is left of it is this many units of its length.
template <class T>
double dependent(int64_t m) {
  return 2 * std::sqrt(static_cast<double>(m)) * static_cast<double>(std::numeric_limits<T>::epsilon());
}

}  // namespace

template <class T>
QrBuffers<T>::QrBuffers(Arena& arena, int64_t n)
    : tau(arena.take<T>(n)), work(arena.take<T>(64 * n)), signs(arena.take<double>(n)) {}

template <class T>
void thin_qr(Arena& arena, const fm_matrix& q, const fm_matrix* r) {
  const int m = static_cast<int>(q.rows), n = static_cast<int>(q.columns),
            stride = static_cast<int>(q.stride);
  Scope scope(arena);
  QrBuffers<T> buffers(arena, n);
  T* data = row<T>(q, 0);
  int info = 0;
  blas().gelqf<T>()(n, m, data, stride, buffers.tau, buffers.work, 64 * n, &info);
  for (int j = 0; j < n; ++j) buffers.signs[j] = data[int64_t{j} * stride + j] < 0 ? -1.0 : 1.0;
  if (r) {
    for (int i = 0; i < n; ++i) {
      T* to = row<T>(*r, i);
      std::fill_n(to, n, T{});
      // Row i of R is column i of L.
      for (int j = i; j < n; ++j) to[j] = static_cast<T>(buffers.signs[i]) * data[int64_t{i} * stride + j];
    }
    for (int j = 0; j < n; ++j) {
      // Divided by the largest, so that no square overflows; hypot is newer than the oldest glibc.
      double largest = 0, squares = 0;
      const auto at = [&](int i) { return std::abs(static_cast<double>(row<T>(*r, i)[j])); };
      for (int i = 0; i <= j; ++i) largest = std::max(largest, at(i));
      for (int i = 0; i <= j && largest > 0; ++i) squares += at(i) / largest * (at(i) / largest);
      const double length = largest * std::sqrt(squares);
      if (static_cast<double>(row<T>(*r, j)[j]) <= dependent<T>(m) * length) row<T>(*r, j)[j] = 0;
    }
  }
  blas().orglq<T>()(n, m, n, data, stride, buffers.tau, buffers.work, 64 * n, &info);
  for (int i = 0; i < m; ++i) scale(row<T>(q, i), 1.0, buffers.signs, n);
}
template void thin_qr<float>(Arena&, const fm_matrix&, const fm_matrix*);
template void thin_qr<double>(Arena&, const fm_matrix&, const fm_matrix*);
template struct QrBuffers<float>;
template struct QrBuffers<double>;

int64_t qr_work(int64_t m, int64_t n) { return bytes_of<QrBuffers<double>>(std::min(m, n)); }

}  // namespace fm::linalg

fm_status fm_matrix_qr(fm_arena* arena, const fm_matrix* a, fm_matrix* q, fm_matrix* r, fm_error* error) {
  using namespace fm::linalg;
  return guarded_call("fm_matrix_qr", error, [&] {
    if (!arena) refuse(FM_INVALID_ARGUMENT, "fm_matrix_qr: no arena");
    check_matrix("fm_matrix_qr: a", a);
    if (a->rows < a->columns)
      refuse(FM_INVALID_ARGUMENT,
             "fm_matrix_qr: a is %lld x %lld, at least as many rows as columns are accepted",
             static_cast<long long>(a->rows), static_cast<long long>(a->columns));
    check_matrix("fm_matrix_qr: q", q, a->dtype, a->rows, a->columns);
    if (r) check_matrix("fm_matrix_qr: r", r, a->dtype, a->columns, a->columns);
    check_finite("fm_matrix_qr: a", *a);
    Session session(*arena);
    copy(*a, *q);
    if (a->dtype == FM_F64) {
      thin_qr<double>(*arena, *q, r);
    } else {
      thin_qr<float>(*arena, *q, r);
    }
  });
}
