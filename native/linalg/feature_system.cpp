#include "feature_system.h"

#include <algorithm>

#include "blas.h"
#include "elements.h"
#include "vectors.h"

namespace fm::linalg {
namespace {

// `count` columns of a from the first on, one after the other.
void load_columns(const fm_matrix& a, int first, int count, double* block) {
  load_block({&a, false, {}}, first, count, block);
}

}  // namespace

FeatureSystem::Buffers::Buffers(Arena& arena, int64_t m, int64_t n, int64_t k)
    : matrix(arena.take<double>(k <= kStored ? k * k : m * n)),
      diagonal(arena.take<double>(k)),
      left(arena.take<double>(kColumns * std::max(m, n))),
      right(arena.take<double>(kColumns * std::max(m, n))),
      tile(arena.take<double>(kColumns * (k <= kStored ? kColumns : m))) {}

FeatureSystem::FeatureSystem(const fm_matrix& u, const fm_matrix& v, const Buffers& buffers)
    : u_(u), v_(v), buffers_(buffers), k_(static_cast<int>(u.columns)) {
  for (int j = 0; j < k_; j += kColumns) {
    const int columns = std::min(kColumns, k_ - j);
    for (int i = j; i < k_ && is_stored(); i += kColumns)
      form_tile(i, std::min(kColumns, k_ - i), j, columns);
    load_columns(u_, j, columns, buffers_.left);
    load_columns(v_, j, columns, buffers_.right);
    for (int64_t c = 0; c < columns; ++c) {
      const double* a = buffers_.left + c * u_.rows;
      const double* b = buffers_.right + c * v_.rows;
      buffers_.diagonal[j + c] = dot(a, a, u_.rows) * dot(b, b, v_.rows);
    }
  }
  if (is_stored()) lower_to_upper(buffers_.matrix, k_, k_);
}

void FeatureSystem::form_tile(int i, int rows, int j, int columns) const {
  double* to = buffers_.matrix + int64_t{j} * k_ + i;
  for (const fm_matrix* a : {&u_, &v_}) {
    const int length = static_cast<int>(a->rows);
    load_columns(*a, i, rows, buffers_.left);
    load_columns(*a, j, columns, buffers_.right);
    const bool is_first = a == &u_;
    blas().dgemm("T", "N", rows, columns, length, 1.0, buffers_.left, length, buffers_.right, length, 0.0,
                 is_first ? to : buffers_.tile, is_first ? k_ : rows);
  }
  for (int64_t c = 0; c < columns; ++c) multiply(to + c * k_, buffers_.tile + c * rows, rows);
}

double FeatureSystem::mean_diagonal() const {
  double sum = 0;
  for (int i = 0; i < k_; ++i) sum += buffers_.diagonal[i];
  return sum / k_;
}

void FeatureSystem::apply(const double* w, double* y) const {
  if (is_stored()) {
    blas().dsymv("U", k_, 1.0, buffers_.matrix, k_, w, 1, 0.0, y, 1);
  } else {
    apply_implicitly(w, y);
  }
}

void FeatureSystem::apply_implicitly(const double* w, double* y) const {
  const int m = static_cast<int>(u_.rows), n = static_cast<int>(v_.rows);
  for (int first = 0; first < k_; first += kColumns) {
    const int count = std::min(kColumns, k_ - first);
    load_columns(u_, first, count, buffers_.left);
    load_columns(v_, first, count, buffers_.right);
    for (int64_t c = 0; c < count; ++c) scale(buffers_.left + c * m, w[first + c], m);
    blas().dgemm("N", "T", m, n, count, 1.0, buffers_.left, m, buffers_.right, n, first ? 1.0 : 0.0,
                 buffers_.matrix, m);
  }
  for (int first = 0; first < k_; first += kColumns) {
    const int count = std::min(kColumns, k_ - first);
    load_columns(v_, first, count, buffers_.right);
    blas().dgemm("N", "N", m, count, n, 1.0, buffers_.matrix, m, buffers_.right, n, 0.0, buffers_.tile, m);
    load_columns(u_, first, count, buffers_.left);
    for (int64_t c = 0; c < count; ++c) y[first + c] = dot(buffers_.left + c * m, buffers_.tile + c * m, m);
  }
}

}  // namespace fm::linalg
