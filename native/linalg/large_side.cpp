#include "large_side.h"

#include <algorithm>
#include <cmath>
#include <type_traits>
#include <vector>

#include "blas.h"
#include "matrix.h"
#include "small_gram.h"
#include "work.h"

namespace fm::linalg {
namespace {

constexpr int64_t kProjectBlock = 2048;  // of the large side

template <class T>
struct LargeBuffers {
  double *block = nullptr, *product = nullptr;
  LargeBuffers(Arena& arena, int64_t m, int64_t n, int64_t count) {
    if (std::is_same_v<T, float>) return;
    block = arena.take<double>(widened_size(m, n));
    product = arena.take<double>(std::min(std::max(m, n), kGramBlock) * count);
  }
};

struct ProjectBuffers {
  float* product;
  ProjectBuffers(Arena& arena, int64_t m, int64_t n, int64_t count)
      : product(arena.take<float>(std::min(std::max(m, n), kProjectBlock) * count)) {}
};

void multiply(const fm_matrix& a, int64_t count, const float* b, fm_matrix& to) {
  const bool tall = columns_are_small(a);
  const int large = static_cast<int>(to.rows), p = static_cast<int>(std::min(a.rows, a.columns));
  blas().sgemm("T", tall ? "N" : "T", static_cast<int>(count), large, p, 1.0f, b, p, row<float>(a, 0),
               static_cast<int>(a.stride), 0.0f, row<float>(to, 0), static_cast<int>(to.stride));
}

void multiply(const fm_matrix& a, int64_t count, const double* b, const LargeBuffers<double>& buffers,
              fm_matrix& to) {
  const bool tall = columns_are_small(a);
  const int p = static_cast<int>(std::min(a.rows, a.columns)), columns = static_cast<int>(count);
  for (int64_t first = 0; first < to.rows; first += kGramBlock) {
    const int rows = static_cast<int>(std::min(kGramBlock, to.rows - first));
    widen_block(a, first, rows, buffers.block);
    blas().dgemm("T", tall ? "N" : "T", columns, rows, p, 1.0, b, p, buffers.block, tall ? p : rows, 0.0,
                 buffers.product, columns);
    for (int i = 0; i < rows; ++i)
      std::copy_n(buffers.product + int64_t{i} * columns, columns, row<float>(to, first + i));
  }
}

void normalise_columns(int64_t count, fm_matrix& a) {
  std::vector<double> factor(count, 0.0);
  for (int64_t i = 0; i < a.rows; ++i) {
    const float* values = row<float>(a, i);
    for (int64_t j = 0; j < count; ++j)
      factor[j] += static_cast<double>(values[j]) * static_cast<double>(values[j]);
  }
  for (double& x : factor) x = x > 0 ? 1 / std::sqrt(x) : 0;
  for (int64_t i = 0; i < a.rows; ++i) {
    float* values = row<float>(a, i);
    for (int64_t j = 0; j < count; ++j) values[j] = static_cast<float>(values[j] * factor[j]);
    std::fill(values + count, values + a.columns, 0.0f);
  }
}

}  // namespace

template <class T>
void large_vectors(Arena& arena, const fm_matrix& a, int64_t count, const T* b, fm_matrix& to) {
  if (count > 0) {
    Scope scope(arena);
    [[maybe_unused]] const LargeBuffers<T> buffers(arena, a.rows, a.columns, count);
    if constexpr (std::is_same_v<T, float>) {
      multiply(a, count, b, to);
    } else {
      multiply(a, count, b, buffers, to);
    }
  }
  normalise_columns(count, to);
}

// By columns a block is n x rows of a^T where a is tall, else rows x m.
void project_large(Arena& arena, const fm_matrix& a, int64_t count, const float* b, double alpha, double beta,
                   fm_matrix& to) {
  Scope scope(arena);
  const ProjectBuffers buffers(arena, a.rows, a.columns, count);
  const bool tall = columns_are_small(a);
  const int p = static_cast<int>(std::min(a.rows, a.columns)), columns = static_cast<int>(count);
  const int64_t large = std::max(a.rows, a.columns);
  const int from_ld = static_cast<int>(a.stride), to_ld = static_cast<int>(to.stride);
  const auto by = static_cast<float>(alpha), keep = static_cast<float>(beta);
  for (int64_t first = 0; first < large; first += kProjectBlock) {
    const int size = static_cast<int>(std::min(kProjectBlock, large - first));
    const float* from = tall ? row<float>(a, first) : row<float>(a, 0) + first;
    float* target = tall ? row<float>(to, first) : row<float>(to, 0) + first;
    if (tall) {
      blas().sgemm("T", "N", columns, size, p, by, b, p, from, from_ld, 0.0f, buffers.product, columns);
      blas().sgemm("N", "N", p, size, columns, 1.0f, b, p, buffers.product, columns, keep, target, to_ld);
    } else {
      blas().sgemm("N", "N", size, columns, p, by, from, from_ld, b, p, 0.0f, buffers.product, size);
      blas().sgemm("N", "T", size, p, columns, 1.0f, buffers.product, size, b, p, keep, target, to_ld);
    }
  }
}

template <class T>
int64_t large_vectors_work(int64_t m, int64_t n, int64_t count) {
  return bytes_of<LargeBuffers<T>>(m, n, count);
}

int64_t project_large_work(int64_t m, int64_t n, int64_t count) {
  return bytes_of<ProjectBuffers>(m, n, count);
}

template void large_vectors(Arena&, const fm_matrix&, int64_t, const float*, fm_matrix&);
template void large_vectors(Arena&, const fm_matrix&, int64_t, const double*, fm_matrix&);
template int64_t large_vectors_work<float>(int64_t, int64_t, int64_t);
template int64_t large_vectors_work<double>(int64_t, int64_t, int64_t);

}  // namespace fm::linalg
