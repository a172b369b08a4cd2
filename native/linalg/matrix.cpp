#include "matrix.h"

#include <algorithm>
#include <cstring>

namespace fm::linalg {
namespace {

constexpr int64_t kMost = (int64_t{1} << 31) - 1;

const char* dtype_name(int32_t dtype) {
  return dtype == FM_F32 ? "F32" : dtype == FM_F64 ? "F64" : "another";
}

template <class T, class Bits>
int64_t count_in(const fm_matrix& a, Bits exponent) {
  int64_t count = 0;
  for (int64_t i = 0; i < a.rows; ++i) {
    const T* values = row<T>(a, i);
    int64_t in_row = 0;
    for (int64_t j = 0; j < a.columns; ++j) {
      Bits bits;
      std::memcpy(&bits, values + j, sizeof bits);
      in_row += (bits & exponent) == exponent;
    }
    count += in_row;
  }
  return count;
}

// Magnitudes of finite numbers are ordered as their bits are.
template <class T, class Bits>
double largest_in(const fm_matrix& a, Bits magnitude) {
  Bits most = 0;
  for (int64_t i = 0; i < a.rows; ++i) {
    const T* values = row<T>(a, i);
    for (int64_t j = 0; j < a.columns; ++j) {
      Bits bits;
      std::memcpy(&bits, values + j, sizeof bits);
      most = std::max(most, static_cast<Bits>(bits & magnitude));
    }
  }
  T largest;
  std::memcpy(&largest, &most, sizeof largest);
  return static_cast<double>(largest);
}

}  // namespace

void check_matrix(const char* name, const fm_matrix* a) {
  if (!a || !a->data) refuse(FM_INVALID_ARGUMENT, "%s: no matrix", name);
  if (a->rows < 1 || a->columns < 1 || a->rows > kMost || a->columns > kMost)
    refuse(FM_INVALID_ARGUMENT, "%s: %lld x %lld, 1 to 2^31 - 1 are accepted", name,
           static_cast<long long>(a->rows), static_cast<long long>(a->columns));
  if (a->stride < a->columns || a->stride > kMost)
    refuse(FM_INVALID_ARGUMENT, "%s: stride is %lld, %lld to 2^31 - 1 are accepted", name,
           static_cast<long long>(a->stride), static_cast<long long>(a->columns));
  if (a->dtype != FM_F32 && a->dtype != FM_F64)
    refuse(FM_INVALID_ARGUMENT, "%s: dtype is %d, F32 and F64 are accepted", name, a->dtype);
}

void check_matrix(const char* name, const fm_matrix* a, int32_t dtype) {
  check_matrix(name, a);
  if (a->dtype != dtype)
    refuse(FM_INVALID_ARGUMENT, "%s: dtype is %s, %s is accepted", name, dtype_name(a->dtype),
           dtype_name(dtype));
}

void check_matrix(const char* name, const fm_matrix* a, int32_t dtype, int64_t rows, int64_t columns) {
  check_matrix(name, a, dtype);
  if (a->rows != rows || a->columns != columns)
    refuse(FM_INVALID_ARGUMENT, "%s: %lld x %lld, %lld x %lld is accepted", name,
           static_cast<long long>(a->rows), static_cast<long long>(a->columns), static_cast<long long>(rows),
           static_cast<long long>(columns));
}

int64_t count_nonfinite(const fm_matrix& a) {
  return a.dtype == FM_F64 ? count_in<double>(a, uint64_t{0x7ff} << 52)
                           : count_in<float>(a, uint32_t{0xff} << 23);
}

void check_finite(const char* name, const fm_matrix& a) {
  if (const int64_t count = count_nonfinite(a))
    refuse(FM_INVALID_ARGUMENT, "%s: %lld of %lld x %lld elements are NaN or Inf", name,
           static_cast<long long>(count), static_cast<long long>(a.rows), static_cast<long long>(a.columns));
}

double largest_magnitude(const fm_matrix& a) {
  return a.dtype == FM_F64 ? largest_in<double>(a, ~uint64_t{0} >> 1)
                           : largest_in<float>(a, ~uint32_t{0} >> 1);
}

}  // namespace fm::linalg
