#include "refinement.h"

#include <algorithm>

#include "blas.h"
#include "small_gram.h"
#include "work.h"

namespace fm::linalg {
namespace {

struct RefineBuffers {
  double *block, *wide, *product, *matrix, *values, *work;
  int* integers;
  int64_t work_size, integer_size;

  RefineBuffers(Arena& arena, int64_t m, int64_t n, int64_t count)
      : work_size(1 + 6 * count + 2 * count * count), integer_size(3 + 5 * count) {
    block = arena.take<double>(widened_size(m, n));
    wide = arena.take<double>(std::min(m, n) * count);
    product = arena.take<double>(std::max(std::min(std::max(m, n), kGramBlock), std::min(m, n)) * count);
    matrix = arena.take<double>(count * count);
    values = arena.take<double>(count);
    work = arena.take<double>(work_size);
    integers = arena.take<int>(integer_size);
  }
};

// z = z L^-T with L L^T = z^T z: columns that are orthonormal but for rounding in binary32 become so in
// binary64. Where values are near each other, what is left would be taken for mixing.
void make_orthonormal(int p, int count, double* z, double* gram) {
  blas().dsyrk("L", "T", count, p, 1.0, z, p, 0.0, gram, count);
  int info = 0;
  blas().dpotrf("L", count, gram, count, &info);
  if (info != 0) refuse(FM_INTERNAL, "refinement of %d vectors: potrf ends with info %d", count, info);
  blas().dtrsm("R", "L", "T", "N", p, count, 1.0, gram, count, z, p);
}

}  // namespace

void refine(Arena& arena, const fm_matrix& a, int64_t count, float* b) {
  Scope scope(arena);
  const RefineBuffers buffers(arena, a.rows, a.columns, count);
  const bool tall = columns_are_small(a);
  const int p = static_cast<int>(std::min(a.rows, a.columns)), columns = static_cast<int>(count);
  const int64_t large = std::max(a.rows, a.columns);
  std::copy_n(b, p * count, buffers.wide);
  make_orthonormal(p, columns, buffers.wide, buffers.matrix);
  for (int64_t first = 0; first < large; first += kGramBlock) {
    const int rows = static_cast<int>(std::min(kGramBlock, large - first));
    widen_block(a, first, rows, buffers.block);
    blas().dgemm(tall ? "T" : "N", "N", rows, columns, p, 1.0, buffers.block, tall ? p : rows, buffers.wide,
                 p, 0.0, buffers.product, rows);
    blas().dsyrk("L", "T", columns, rows, 1.0, buffers.product, rows, first ? 1.0 : 0.0, buffers.matrix,
                 columns);
  }
  int info = 0;
  blas().dsyevd("V", "L", columns, buffers.matrix, columns, buffers.values, buffers.work,
                static_cast<int>(buffers.work_size), buffers.integers, static_cast<int>(buffers.integer_size),
                &info);
  if (info != 0) refuse(FM_INTERNAL, "refinement of %d vectors: syevd ends with info %d", columns, info);
  blas().dgemm("N", "N", p, columns, columns, 1.0, buffers.wide, p, buffers.matrix, columns, 0.0,
               buffers.product, p);
  for (int64_t j = 0; j < count; ++j) std::copy_n(buffers.product + (count - 1 - j) * p, p, b + j * p);
}

int64_t refine_work(int64_t m, int64_t n, int64_t count) {
  return bytes_of<RefineBuffers>(m, n, std::min(count, std::min(m, n)));
}

}  // namespace fm::linalg
