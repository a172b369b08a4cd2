// window_ops.h - sorting out the magnitudes of a tile that fall into a window.
#ifndef FASTMERGE_CPU_ISA_WINDOW_OPS_H
#define FASTMERGE_CPU_ISA_WINDOW_OPS_H
#include "target_table.h"
#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace fm {
namespace {

// Where a magnitude counts: its cell, or the second half of the cells if its lower bits are not all zero.
FM_FN fm_u32 window_cell(fm_u32 offset) {
  return offset >> kWindowShift | ((offset & (kWindowCell - 1)) != 0 ? (fm_u32)kWindowCells : 0u);
}

FM_FN void window_element(float value, const MagnitudeWindow& window, WindowMembers& members) {
  const fm_u32 offset = (FM_BITS_U32(value) & 0x7fffffffu) - window.first;
  members.above += (fm_i32)offset > (fm_i32)window.span;
  members.hot += offset == window.hot;
  members.cells[members.count] = window_cell(offset);
  members.count += (offset <= window.span) & (offset != window.hot);
}

#if defined(__AVX512F__)
constexpr int32_t kWindowLanes = 16;
FM_FN void window_lanes(const float* values, const MagnitudeWindow& window, WindowMembers& members) {
  const __m512i magnitude = _mm512_and_si512(_mm512_loadu_si512(values), _mm512_set1_epi32(0x7fffffff));
  const __m512i offset = _mm512_sub_epi32(magnitude, _mm512_set1_epi32((fm_i32)window.first));
  const __m512i span = _mm512_set1_epi32((fm_i32)window.span);
  const __mmask16 inside = _mm512_cmple_epu32_mask(offset, span);
  const __mmask16 hot = _mm512_cmpeq_epi32_mask(offset, _mm512_set1_epi32((fm_i32)window.hot));
  const __mmask16 member = (__mmask16)(inside & ~hot);
  const __mmask16 uneven = _mm512_test_epi32_mask(offset, _mm512_set1_epi32(kWindowCell - 1));
  __m512i cell = _mm512_srli_epi32(offset, kWindowShift);
  cell = _mm512_mask_or_epi32(cell, uneven, cell, _mm512_set1_epi32(kWindowCells));
  _mm512_storeu_si512(members.cells + members.count, _mm512_maskz_compress_epi32(member, cell));
  members.count += __builtin_popcount(member);
  members.hot += (fm_u32)__builtin_popcount(hot);
  members.above += (fm_u32)__builtin_popcount(_mm512_cmpgt_epi32_mask(offset, span));
}
#elif defined(__SSE4_1__)
constexpr int32_t kWindowLanes = 4;
// Moves the 32-bit lanes whose bit is set in the index to the front.
alignas(16) constexpr fm_u32 kPackLanes[16][4] = {
#define FM_LANE(n) 0x03020100u + 0x04040404u * n
    {0, 0, 0, 0},
    {FM_LANE(0), 0, 0, 0},
    {FM_LANE(1), 0, 0, 0},
    {FM_LANE(0), FM_LANE(1), 0, 0},
    {FM_LANE(2), 0, 0, 0},
    {FM_LANE(0), FM_LANE(2), 0, 0},
    {FM_LANE(1), FM_LANE(2), 0, 0},
    {FM_LANE(0), FM_LANE(1), FM_LANE(2), 0},
    {FM_LANE(3), 0, 0, 0},
    {FM_LANE(0), FM_LANE(3), 0, 0},
    {FM_LANE(1), FM_LANE(3), 0, 0},
    {FM_LANE(0), FM_LANE(1), FM_LANE(3), 0},
    {FM_LANE(2), FM_LANE(3), 0, 0},
    {FM_LANE(0), FM_LANE(2), FM_LANE(3), 0},
    {FM_LANE(1), FM_LANE(2), FM_LANE(3), 0},
    {FM_LANE(0), FM_LANE(1), FM_LANE(2), FM_LANE(3)},
#undef FM_LANE
};
FM_FN fm_u32 lane_bits(__m128i mask) { return (fm_u32)_mm_movemask_ps(_mm_castsi128_ps(mask)); }
FM_FN void window_lanes(const float* values, const MagnitudeWindow& window, WindowMembers& members) {
  const __m128i bits = _mm_loadu_si128((const __m128i*)values), span = _mm_set1_epi32((fm_i32)window.span);
  const __m128i magnitude = _mm_and_si128(bits, _mm_set1_epi32(0x7fffffff));
  const __m128i offset = _mm_sub_epi32(magnitude, _mm_set1_epi32((fm_i32)window.first));
  const __m128i inside = _mm_cmpeq_epi32(_mm_min_epu32(offset, span), offset);
  const __m128i hot = _mm_cmpeq_epi32(offset, _mm_set1_epi32((fm_i32)window.hot));
  const __m128i low = _mm_and_si128(offset, _mm_set1_epi32(kWindowCell - 1));
  const __m128i even = _mm_cmpeq_epi32(low, _mm_setzero_si128());
  const __m128i uneven = _mm_andnot_si128(even, _mm_set1_epi32(kWindowCells));
  const __m128i cell = _mm_or_si128(_mm_srli_epi32(offset, kWindowShift), uneven);
  const fm_u32 member = lane_bits(_mm_andnot_si128(hot, inside));
  const __m128i pack = _mm_load_si128((const __m128i*)kPackLanes[member]);
  _mm_storeu_si128((__m128i*)(members.cells + members.count), _mm_shuffle_epi8(cell, pack));
  members.count += __builtin_popcount(member);
  members.hot += (fm_u32)__builtin_popcount(lane_bits(hot));
  members.above += (fm_u32)__builtin_popcount(lane_bits(_mm_cmpgt_epi32(offset, span)));
}
#else
constexpr int32_t kWindowLanes = 1;
FM_FN void window_lanes(const float* values, const MagnitudeWindow& window, WindowMembers& members) {
  window_element(*values, window, members);
}
#endif

inline void window_members(const float* values, int32_t count, const MagnitudeWindow& window,
                           WindowMembers& members) {
  const MagnitudeWindow own = window;  // which no store to the cells can change
  WindowMembers found = {members.cells, 0, 0, 0};
  int32_t i = 0;
  for (; i + kWindowLanes <= count; i += kWindowLanes) window_lanes(values + i, own, found);
  for (; i < count; ++i) window_element(values[i], own, found);
  members = found;
}

}  // namespace
}  // namespace fm
#endif
