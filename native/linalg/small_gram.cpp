#include "small_gram.h"

#include "blas.h"
#include "elements.h"
#include "matrix.h"

namespace fm::linalg {

int64_t widened_size(int64_t m, int64_t n) { return std::min(m, n) * std::min(std::max(m, n), kGramBlock); }

bool squares_fit(double unit) { return unit > 0x1p-40 && unit < 0x1p40; }

void widen_block(const fm_matrix& a, int64_t first, int64_t count, double* to) {
  const bool by_rows = columns_are_small(a);
  const int64_t rows = by_rows ? count : a.rows, columns = by_rows ? a.columns : count;
  for (int64_t i = 0; i < rows; ++i) {
    const float* from = by_rows ? row<float>(a, first + i) : row<float>(a, i) + first;
    convert(from, to + i * columns, columns);
  }
}

namespace {

// The same for binary32, divided by the unit: only where squares would leave the range.
void scale_block(const fm_matrix& a, int64_t first, int64_t count, double unit, float* to) {
  const bool by_rows = columns_are_small(a);
  const int64_t rows = by_rows ? count : a.rows, columns = by_rows ? a.columns : count;
  for (int64_t i = 0; i < rows; ++i) {
    const float* from = by_rows ? row<float>(a, first + i) : row<float>(a, i) + first;
    for (int64_t j = 0; j < columns; ++j) to[i * columns + j] = static_cast<float>(from[j] / unit);
  }
}

}  // namespace

// By columns a is its transpose, n x m.
template <class T>
void small_gram(Arena& arena, const fm_matrix& a, double unit, T* g) {
  constexpr bool exact = std::is_same_v<T, double>;
  Scope scope(arena);
  T* block = arena.take<T>(widened_size(a.rows, a.columns));
  const bool tall = columns_are_small(a);
  const int p = static_cast<int>(tall ? a.columns : a.rows);
  const int64_t large = tall ? a.rows : a.columns;
  if constexpr (!exact) {
    if (squares_fit(unit)) {
      blas().ssyrk("L", tall ? "N" : "T", p, static_cast<int>(large), static_cast<float>(1 / (unit * unit)),
                   row<float>(a, 0), static_cast<int>(a.stride), 0.0f, g, p);
      return;
    }
  }
  const T alpha = exact ? static_cast<T>(1 / (unit * unit)) : T{1};
  for (int64_t first = 0; first < large; first += kGramBlock) {
    const int count = static_cast<int>(std::min(kGramBlock, large - first));
    if constexpr (exact) {
      widen_block(a, first, count, block);
    } else {
      scale_block(a, first, count, unit, block);
    }
    blas().syrk<T>()("L", tall ? "N" : "T", p, count, alpha, block, tall ? p : count, T(first ? 1 : 0), g, p);
  }
}

template <class T>
int64_t small_gram_work(int64_t m, int64_t n) {
  Arena counting;
  counting.take<T>(widened_size(m, n));
  return counting.most();
}

template void small_gram(Arena&, const fm_matrix&, double, float*);
template void small_gram(Arena&, const fm_matrix&, double, double*);
template int64_t small_gram_work<float>(int64_t, int64_t);
template int64_t small_gram_work<double>(int64_t, int64_t);

}  // namespace fm::linalg
