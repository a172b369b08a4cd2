// matrix.h - checks and plain loops that all matrix calls share.
#ifndef FASTMERGE_LINALG_MATRIX_H
#define FASTMERGE_LINALG_MATRIX_H
#include "failure.h"
#include "fastmerge.h"

namespace fm::linalg {

// Throws FM_INVALID_ARGUMENT unless the matrix has data, positive sizes below 2^31, a stride of that kind >=
// columns and dtype F32 or F64. name is the function and the argument: "fm_matrix_svd: a".
void check_matrix(const char* name, const fm_matrix* a);
// The same, and the dtype must be this one.
void check_matrix(const char* name, const fm_matrix* a, int32_t dtype);
// The same, and it must be rows x columns.
void check_matrix(const char* name, const fm_matrix* a, int32_t dtype, int64_t rows, int64_t columns);

// How many elements are NaN or Inf.
int64_t count_nonfinite(const fm_matrix& a);
// Throws FM_INVALID_ARGUMENT if any is.
void check_finite(const char* name, const fm_matrix& a);

// The largest magnitude; a is finite.
double largest_magnitude(const fm_matrix& a);

template <class T>
T* row(const fm_matrix& a, int64_t i) {
  return static_cast<T*>(a.data) + i * a.stride;
}

}  // namespace fm::linalg
#endif
