// low_rank_ops.h - a tile of a low-rank update; every product and every sum is rounded on its own, in the
// order of k, so that vectors of any width give the same bits.
#ifndef FASTMERGE_CPU_ISA_LOW_RANK_OPS_H
#define FASTMERGE_CPU_ISA_LOW_RANK_OPS_H
#include "target_table.h"

namespace fm {
namespace {

#if defined(__AVX512F__)
constexpr int kFloats = 16, kUpdateVectors = 4;
#elif defined(__AVX2__)
constexpr int kFloats = 8, kUpdateVectors = 2;
#else
constexpr int kFloats = 4, kUpdateVectors = 2;
#endif
typedef float Floats __attribute__((vector_size(kFloats * sizeof(float)), aligned(4), may_alias));

// Sums of products of `Rows` rows with kUpdateVectors vectors of columns.
template <int Rows>
FM_FN void sum_products(const UpdateTile& t, int32_t column, float (*sums)[kUpdateColumns]) {
  Floats sum[Rows][kUpdateVectors];
  const float* right = t.right + column;
  for (int64_t k = 0; k < t.rank; ++k, right += t.right_stride)
    _Pragma("GCC unroll 4") for (int v = 0; v < kUpdateVectors; ++v) {
      const Floats x = *reinterpret_cast<const Floats*>(right + v * kFloats);
      _Pragma("GCC unroll 4") for (int r = 0; r < Rows; ++r) {
        const Floats product = t.left[r * t.rank + k] * x;
        sum[r][v] = k ? sum[r][v] + product : product;
      }
    }
  for (int r = 0; r < Rows; ++r)
    for (int v = 0; v < kUpdateVectors; ++v)
      *reinterpret_cast<Floats*>(sums[r] + column + v * kFloats) = sum[r][v];
}

template <int Rows>
void add_products(const UpdateTile& t) {
  float sums[Rows][kUpdateColumns];
  for (int32_t c = 0; c < kUpdateColumns; c += kUpdateVectors * kFloats) sum_products<Rows>(t, c, sums);
  for (int r = 0; r < Rows; ++r) {
    const float* sum = sums[r] + t.begin[r];
    float* y = t.output[r];
    FM_FOR(i, t.end[r] - t.begin[r]) y[i] = fm_enc_f32(y[i] + t.scale * sum[i]);
  }
}

double sum_of_squares(const float* values, int64_t count) {
  double lanes[kLanes] = {};
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes)
    for (int l = 0; l < kLanes; ++l) lanes[l] += (double)values[i + l] * (double)values[i + l];
  for (int l = 0; i < count; ++i, ++l) lanes[l] += (double)values[i] * (double)values[i];
  for (int half = kLanes / 2; half; half /= 2)
    for (int l = 0; l < half; ++l) lanes[l] += lanes[l + half];
  return lanes[0];
}

void scale_by(float* values, int64_t count, float factor) {
  FM_FOR(i, count) values[i] = fm_enc_f32(values[i] * factor);
}

}  // namespace
}  // namespace fm
#endif
