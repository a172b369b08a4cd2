// qr.h - thin QR in place.
#ifndef FASTMERGE_LINALG_QR_H
#define FASTMERGE_LINALG_QR_H
#include "arena.h"
#include "blas.h"

namespace fm::linalg {

template <class T>
struct QrBuffers {
  T *tau, *work;
  double* signs;
  QrBuffers(Arena& arena, int64_t n);
};

// q = q r: orthonormal columns in its place, and r (may be null) with a diagonal >= 0. rows >= columns.
template <class T>
void thin_qr(Arena& arena, const fm_matrix& q, const fm_matrix* r);

}  // namespace fm::linalg
#endif
