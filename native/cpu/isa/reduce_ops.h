// reduce_ops.h - adding tiles to the 16 binary64 lanes of a reduction leaf, each lane in index order.
#ifndef FASTMERGE_CPU_ISA_REDUCE_OPS_H
#define FASTMERGE_CPU_ISA_REDUCE_OPS_H
#include "target_table.h"
#include "vectors.h"

namespace fm {
namespace {

struct SumTerm {
  static double add(double sum, float a, float) { return sum + (double)a; }
  static D add(D sum, D a, D) { return sum + a; }
};
struct AbsoluteTerm {
  static double add(double sum, float a, float) { return sum + (double)fm_abs(a); }
  static D add(D sum, D a, D) { return sum + magnitude(a); }
};
struct DotTerm {
  static double add(double sum, float a, float b) { return sum + (double)a * (double)b; }
  static D add(D sum, D a, D b) { return multiply_add(a, b, sum); }
};
struct MaximumTerm {
  static double add(double largest, float a, float) {
    return (largest >= (double)a) | (largest != largest) ? largest : (double)a;
  }
};

// The elements before the first and after the last whole group of 16 lanes go one by one.
template <class Term>
FM_FN void add_elements(double* lanes, const float* a, const float* b, fm_i64 lane, fm_i64 from, fm_i64 to) {
  for (fm_i64 i = from; i < to; ++i) {
    double& sum = lanes[(lane + i) & (kLanes - 1)];
    sum = Term::add(sum, a[i], b[i]);
  }
}

FM_FN fm_i64 whole_groups_start(fm_i64 lane, fm_i64 count) {
  const fm_i64 head = (kLanes - lane) & (kLanes - 1);
  return head < count ? head : count;
}

// Whole groups, all lanes under way at once.
template <class Term>
FM_FN void add_groups(double* lanes, const float* a, const float* b, fm_i64 from, fm_i64 to) {
  constexpr int kVectors = kLanes / kWidth;
  D sums[kVectors];
#pragma GCC unroll 8
  for (int v = 0; v < kVectors; ++v) sums[v] = load_lanes(lanes + v * kWidth);
  for (fm_i64 i = from; i < to; i += kLanes)
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; ++v) {
      const D x = widen(a + i + v * kWidth);
      sums[v] = Term::add(sums[v], x, a == b ? x : widen(b + i + v * kWidth));
    }
#pragma GCC unroll 8
  for (int v = 0; v < kVectors; ++v) store_lanes(lanes + v * kWidth, sums[v]);
}

// Largest values are binary32 numbers, and stay so while they are compared; NaN is looked for beside.
template <>
inline __attribute__((always_inline)) void add_groups<MaximumTerm>(double* lanes, const float* a,
                                                                   const float*, fm_i64 from, fm_i64 to) {
  typedef float F __attribute__((vector_size(sizeof(D))));
  typedef fm_i32 M __attribute__((vector_size(sizeof(D))));
  typedef float Unaligned __attribute__((vector_size(sizeof(D)), aligned(4), may_alias));
  constexpr int kFloats = sizeof(F) / sizeof(float);
  for (int group = 0; group < kLanes; group += kFloats) {
    F largest;
    for (int j = 0; j < kFloats; ++j) largest[j] = (float)lanes[group + j];
    M nan = largest != largest;
    F other = largest;  // of every second group of lanes
    fm_i64 i = from + group;
    for (; i + kLanes < to; i += 2 * kLanes) {
      const F x = *(const Unaligned*)(a + i), y = *(const Unaligned*)(a + i + kLanes);
      largest = x > largest ? x : largest;
      other = y > other ? y : other;
      nan |= (x != x) | (y != y);
    }
    if (i < to) {
      const F x = *(const Unaligned*)(a + i);
      largest = x > largest ? x : largest;
      nan |= x != x;
    }
    largest = other > largest ? other : largest;
    for (int j = 0; j < kFloats; ++j)
      lanes[group + j] = nan[j] ? (double)FM_BITS_F32(0x7fc00000u) : (double)largest[j];
  }
}

template <class Term>
void reduce(const TileOp& op, int32_t count) {
  double* lanes = static_cast<double*>(op.destination);
  const float *a = static_cast<const float*>(op.a), *b = op.b ? static_cast<const float*>(op.b) : a;
  const fm_i64 lane = *static_cast<const fm_i64*>(op.c) & (kLanes - 1);
  const fm_i64 start = whole_groups_start(lane, count);
  add_elements<Term>(lanes, a, b, lane, 0, start);
  const fm_i64 end = start + (count - start) / kLanes * kLanes;
  if (start < end) add_groups<Term>(lanes, a, b, start, end);
  add_elements<Term>(lanes, a, b, lane, end, count);
}

// One value for each column: element i adds to column (column of element 0) + i.
template <class Term>
void reduce_columns(const TileOp& op, int32_t count) {
  double* FM_RESTRICT sums = static_cast<double*>(op.destination) + *static_cast<const fm_i64*>(op.c);
  const float *a = static_cast<const float*>(op.a), *b = op.b ? static_cast<const float*>(op.b) : a;
  FM_FOR(i, count) sums[i] = Term::add(sums[i], a[i], b[i]);
}

// All products a_i . a_j of up to four tiles over whole groups, accumulators in registers: of all 16 lanes
// where there are registers enough, so that more additions are under way at once.
template <int K>
FM_FN void gram_small(double* lanes, const float* const* tiles, fm_i64 from, fm_i64 to) {
  constexpr int kPairs = K * (K + 1) / 2, kVectors = kWidth == 8 ? kLanes / kWidth : 1;
  for (int group = 0; group < kLanes; group += kVectors * kWidth) {
    D sums[kPairs][kVectors];
#pragma GCC unroll 16
    for (int p = 0; p < kPairs; ++p)
#pragma GCC unroll 2
      for (int v = 0; v < kVectors; ++v) sums[p][v] = load_lanes(lanes + p * kLanes + group + v * kWidth);
    for (fm_i64 i = from + group; i < to; i += kLanes) {
#pragma GCC unroll 2
      for (int v = 0; v < kVectors; ++v) {
        D values[K];
#pragma GCC unroll 16
        for (int k = 0; k < K; ++k) values[k] = widen(tiles[k] + i + v * kWidth);
        int p = 0;
#pragma GCC unroll 16
        for (int x = 0; x < K; ++x)
#pragma GCC unroll 16
          for (int y = x; y < K; ++y, ++p) sums[p][v] = multiply_add(values[x], values[y], sums[p][v]);
      }
    }
#pragma GCC unroll 16
    for (int p = 0; p < kPairs; ++p)
#pragma GCC unroll 2
      for (int v = 0; v < kVectors; ++v) store_lanes(lanes + p * kLanes + group + v * kWidth, sums[p][v]);
  }
}

// One tile against up to four others.
template <int N>
FM_FN void gram_row(double* lanes, const float* x, const float* const* others, fm_i64 from, fm_i64 to) {
  for (int group = 0; group < kLanes; group += kWidth) {
    D sums[N];
#pragma GCC unroll 4
    for (int y = 0; y < N; ++y) sums[y] = load_lanes(lanes + y * kLanes + group);
    for (fm_i64 i = from + group; i < to; i += kLanes) {
      const D value = widen(x + i);
#pragma GCC unroll 4
      for (int y = 0; y < N; ++y) sums[y] = multiply_add(value, widen(others[y] + i), sums[y]);
    }
#pragma GCC unroll 4
    for (int y = 0; y < N; ++y) store_lanes(lanes + y * kLanes + group, sums[y]);
  }
}

inline void gram_any(double* lanes, const float* const* tiles, fm_i64 models, fm_i64 from, fm_i64 to) {
  for (fm_i64 x = 0; x < models; ++x) {
    fm_i64 y = x;
    for (; y + 4 <= models; y += 4, lanes += 4 * kLanes) gram_row<4>(lanes, tiles[x], tiles + y, from, to);
    for (; y < models; ++y, lanes += kLanes) gram_row<1>(lanes, tiles[x], tiles + y, from, to);
  }
}

inline void gram_elements(double* lanes, const float* const* tiles, fm_i64 models, fm_i64 lane, fm_i64 from,
                          fm_i64 to) {
  for (fm_i64 x = 0; x < models; ++x)
    for (fm_i64 y = x; y < models; ++y, lanes += kLanes)
      add_elements<DotTerm>(lanes, tiles[x], tiles[y], lane, from, to);
}

inline void gram(const TileOp& op, int32_t count) {
  double* lanes = static_cast<double*>(op.destination);
  const float* const* tiles = static_cast<const float* const*>(op.a);
  const fm_i64 lane = *static_cast<const fm_i64*>(op.c) & (kLanes - 1);
  const fm_i64 start = whole_groups_start(lane, count);
  gram_elements(lanes, tiles, op.number, lane, 0, start);
  const fm_i64 end = start + (count - start) / kLanes * kLanes;
  switch (op.number) {
    case 1: gram_small<1>(lanes, tiles, start, end); break;
    case 2: gram_small<2>(lanes, tiles, start, end); break;
    case 3: gram_small<3>(lanes, tiles, start, end); break;
    case 4: gram_small<4>(lanes, tiles, start, end); break;
    default: gram_any(lanes, tiles, op.number, start, end); break;
  }
  gram_elements(lanes, tiles, op.number, lane, end, count);
}

}  // namespace
}  // namespace fm
#endif
