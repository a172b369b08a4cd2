#include "grading.h"

#include "blas.h"
#include "elements.h"
#include "matrix.h"
#include "small_gram.h"
#include "work.h"

namespace fm::linalg {
namespace {

constexpr int64_t kCount = Grading::kDirections;
constexpr int kColumns = static_cast<int>(kCount);

int64_t block_size(int64_t m, int64_t n) { return std::min(std::max(m, n), kGramBlock); }

struct SketchBuffers {
  float *start, *product, *tau, *work;
  SketchBuffers(Arena& arena, int64_t m, int64_t n)
      : start(arena.take<float>(std::min(m, n) * kCount)),
        product(arena.take<float>(block_size(m, n) * kCount)),
        tau(arena.take<float>(kCount)),
        work(arena.take<float>(kCount * kCount)) {}
};

struct GramBuffers {
  float *block, *work;
  GramBuffers(Arena& arena, int64_t m, int64_t n)
      : block(arena.take<float>(widened_size(m, n))), work(arena.take<float>(block_size(m, n) * kCount)) {}
};

// Uniform numbers in [-1, 1), always the same ones: SplitMix64 of 0, 1, ...
void fill_uniform(float* to, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    uint64_t x = static_cast<uint64_t>(i + 1) * 0x9E3779B97F4A7C15u;
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    to[i] = static_cast<float>(static_cast<int64_t>(x ^ x >> 31) >> 40) * 0x1p-23f;
  }
}

}  // namespace

Grading::Grading(Arena& arena, int64_t p)
    : p_(p),
      reflectors_(p < kLeastSide ? nullptr : arena.take<float>(p * kCount)),
      triangle_(p < kLeastSide ? nullptr : arena.take<float>(kCount * kCount)) {}

// By columns a block of the long side is p x rows of X where a is tall, else rows x p of X^T.
void Grading::find(Arena& arena, const fm_matrix& a) {
  if (p_ < kLeastSide) return;
  Scope scope(arena);
  const SketchBuffers buffers(arena, a.rows, a.columns);
  const bool tall = columns_are_small(a);
  const int p = static_cast<int>(p_), ld = static_cast<int>(a.stride);
  const int64_t large = std::max(a.rows, a.columns);
  fill_uniform(buffers.start, p_ * kCount);
  for (int64_t first = 0; first < large; first += kGramBlock) {
    const int rows = static_cast<int>(std::min(kGramBlock, large - first));
    const float* block = tall ? row<float>(a, first) : row<float>(a, 0) + first;
    blas().sgemm(tall ? "T" : "N", "N", rows, kColumns, p, 1.0f, block, ld, buffers.start, p, 0.0f,
                 buffers.product, rows);
    blas().sgemm(tall ? "N" : "T", "N", p, kColumns, rows, 1.0f, block, ld, buffers.product, rows,
                 first ? 1.0f : 0.0f, reflectors_, p);
  }
  int info = 0;
  blas().sgeqrf(p, kColumns, reflectors_, p, buffers.tau, buffers.work, kColumns * kColumns, &info);
  blas().slarft("F", "C", p, kColumns, reflectors_, p, buffers.tau, triangle_, kColumns);
  is_found_ = true;
}

void Grading::gram(Arena& arena, const fm_matrix& a, double unit, float* g) const {
  Scope scope(arena);
  const GramBuffers buffers(arena, a.rows, a.columns);
  const bool tall = columns_are_small(a);
  const int p = static_cast<int>(p_);
  const int64_t large = std::max(a.rows, a.columns);
  for (int64_t first = 0; first < large; first += kGramBlock) {
    const int count = static_cast<int>(std::min(kGramBlock, large - first));
    const int rows = tall ? p : count, columns = tall ? count : p;
    for (int i = 0; i < columns; ++i)
      convert(tall ? row<float>(a, first + i) : row<float>(a, i) + first, buffers.block + int64_t{i} * rows,
              rows);
    blas().slarfb(tall ? "L" : "R", tall ? "T" : "N", "F", "C", rows, columns, kColumns, reflectors_, p,
                  triangle_, kColumns, buffers.block, rows, buffers.work, count);
    blas().ssyrk("L", tall ? "N" : "T", p, count, static_cast<float>(1 / (unit * unit)), buffers.block, rows,
                 first ? 1.0f : 0.0f, g, p);
  }
}

void Grading::apply(Arena& arena, int64_t count, float* z) const {
  if (!is_found_) return;
  Scope scope(arena);
  const int p = static_cast<int>(p_), columns = static_cast<int>(count);
  blas().slarfb("L", "N", "F", "C", p, columns, kColumns, reflectors_, p, triangle_, kColumns, z, p,
                arena.take<float>(count * kCount), columns);
}

int64_t Grading::find_work(int64_t m, int64_t n) {
  return std::min(m, n) < kLeastSide ? 0 : bytes_of<SketchBuffers>(m, n);
}

int64_t Grading::gram_work(int64_t m, int64_t n) {
  return std::min(m, n) < kLeastSide ? 0 : bytes_of<GramBuffers>(m, n);
}

int64_t Grading::apply_work(int64_t p, int64_t count) {
  if (p < kLeastSide) return 0;
  Arena counting;
  counting.take<float>(count * kCount);
  return counting.most();
}

}  // namespace fm::linalg
