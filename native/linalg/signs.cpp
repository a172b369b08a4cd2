#include "signs.h"

#include <cmath>
#include <vector>

#include "matrix.h"

namespace fm::linalg {
namespace {

template <class T>
std::vector<T> signs_of(const fm_matrix& v) {
  std::vector<T> largest(v.columns, T{0});
  for (int64_t i = 0; i < v.rows; ++i) {
    const T* values = row<T>(v, i);
    for (int64_t j = 0; j < v.columns; ++j)
      if (std::abs(values[j]) > std::abs(largest[j])) largest[j] = values[j];
  }
  for (T& value : largest) value = value < 0 ? T{-1} : T{1};
  return largest;
}

template <class T>
void flip(const fm_matrix& a, const std::vector<T>& signs) {
  for (int64_t i = 0; i < a.rows; ++i) {
    T* values = row<T>(a, i);
    for (int64_t j = 0; j < a.columns; ++j) values[j] *= signs[j];
  }
}

template <class T>
void fix(fm_matrix* u, fm_matrix& v) {
  const std::vector<T> signs = signs_of<T>(v);
  flip(v, signs);
  if (u) flip(*u, signs);
}

}  // namespace

void fix_signs(fm_matrix* u, fm_matrix* v) {
  if (!v) return;
  if (v->dtype == FM_F64) {
    fix<double>(u, *v);
  } else {
    fix<float>(u, *v);
  }
}

}  // namespace fm::linalg
