// window_ops.h - sorting out the magnitudes of a tile that fall into a window.
#ifndef FASTMERGE_CPU_ISA_WINDOW_OPS_H
#define FASTMERGE_CPU_ISA_WINDOW_OPS_H
#include "target_table.h"
#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace fm {
namespace {

// Where a member counts: in the second half of the cells if its lower bits are not all zero.
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

// A loop over lanes: add() takes kWindowLanes values, finish() adds what it counted itself.
#if defined(__AVX512F__)
constexpr int32_t kWindowLanes = 16;
template <bool Hot>
struct WindowScan {
  explicit WindowScan(const MagnitudeWindow& window)
      : first(_mm512_set1_epi32((fm_i32)window.first)),
        span(_mm512_set1_epi32((fm_i32)window.span)),
        hot(_mm512_set1_epi32((fm_i32)window.hot)) {}

  inline __attribute__((always_inline)) void add(const float* values, WindowMembers& members) {
    const __m512i magnitude = _mm512_and_si512(_mm512_loadu_si512(values), _mm512_set1_epi32(0x7fffffff));
    const __m512i offset = _mm512_sub_epi32(magnitude, first), minus_one = _mm512_set1_epi32(-1);
    const __mmask16 inside = _mm512_cmple_epu32_mask(offset, span);
    __mmask16 member = inside;
    if constexpr (Hot) {
      member = _mm512_mask_cmpneq_epi32_mask(inside, offset, hot);
      hots = _mm512_mask_sub_epi32(hots, _mm512_cmpeq_epi32_mask(offset, hot), hots, minus_one);
    }
    const __mmask16 uneven = _mm512_test_epi32_mask(offset, _mm512_set1_epi32(kWindowCell - 1));
    __m512i cell = _mm512_srli_epi32(offset, kWindowShift);
    cell = _mm512_mask_or_epi32(cell, uneven, cell, _mm512_set1_epi32(kWindowCells));
    _mm512_storeu_si512(members.cells + members.count, _mm512_maskz_compress_epi32(member, cell));
    members.count += __builtin_popcount(member);
    above = _mm512_mask_sub_epi32(above, _mm512_cmpgt_epi32_mask(offset, span), above, minus_one);
  }
  void finish(WindowMembers& members) const {
    alignas(64) fm_u32 lanes[2][16];
    _mm512_store_si512(lanes[0], hots);
    _mm512_store_si512(lanes[1], above);
    for (int i = 0; i < 16; ++i) members.hot += lanes[0][i], members.above += lanes[1][i];
  }

  __m512i first, span, hot;
  __m512i hots = _mm512_setzero_si512(), above = _mm512_setzero_si512();
};
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
template <bool Hot>
struct WindowScan {
  explicit WindowScan(const MagnitudeWindow& window)
      : first(_mm_set1_epi32((fm_i32)window.first)),
        span(_mm_set1_epi32((fm_i32)window.span)),
        hot(_mm_set1_epi32((fm_i32)window.hot)) {}

  inline __attribute__((always_inline)) void add(const float* values, WindowMembers& members) {
    const __m128i bits = _mm_loadu_si128((const __m128i*)values);
    const __m128i magnitude = _mm_and_si128(bits, _mm_set1_epi32(0x7fffffff));
    const __m128i offset = _mm_sub_epi32(magnitude, first);
    const __m128i inside = _mm_cmpeq_epi32(_mm_min_epu32(offset, span), offset);
    __m128i is_member = inside;
    if constexpr (Hot) {
      const __m128i is_hot = _mm_cmpeq_epi32(offset, hot);
      is_member = _mm_andnot_si128(is_hot, inside);
      hots = _mm_sub_epi32(hots, is_hot);
    }
    const auto member = (fm_u32)_mm_movemask_ps(_mm_castsi128_ps(is_member));
    const __m128i pack = _mm_load_si128((const __m128i*)kPackLanes[member]);
    const __m128i low = _mm_and_si128(offset, _mm_set1_epi32(kWindowCell - 1));
    const __m128i even = _mm_cmpeq_epi32(low, _mm_setzero_si128());
    const __m128i uneven = _mm_andnot_si128(even, _mm_set1_epi32(kWindowCells));
    const __m128i cell = _mm_or_si128(_mm_srli_epi32(offset, kWindowShift), uneven);
    _mm_storeu_si128((__m128i*)(members.cells + members.count), _mm_shuffle_epi8(cell, pack));
    members.count += __builtin_popcount(member);
    above = _mm_sub_epi32(above, _mm_cmpgt_epi32(offset, span));
  }
  void finish(WindowMembers& members) const {
    alignas(16) fm_u32 lanes[2][4];
    _mm_store_si128((__m128i*)lanes[0], hots);
    _mm_store_si128((__m128i*)lanes[1], above);
    for (int i = 0; i < 4; ++i) members.hot += lanes[0][i], members.above += lanes[1][i];
  }

  __m128i first, span, hot;
  __m128i hots = _mm_setzero_si128(), above = _mm_setzero_si128();
};
#else
constexpr int32_t kWindowLanes = 1;
template <bool Hot>
struct WindowScan {
  explicit WindowScan(const MagnitudeWindow& w) : window(w) {}
  inline __attribute__((always_inline)) void add(const float* values, WindowMembers& members) {
    window_element(*values, window, members);
  }
  void finish(WindowMembers&) const {}

  const MagnitudeWindow window;
};
#endif

// The window and the counts stay in registers, which no store to the cells can change.
template <bool Hot>
void scan_window(const float* values, int32_t count, const MagnitudeWindow window, WindowMembers& members) {
  WindowMembers found = {members.cells, 0, 0, 0};
  WindowScan<Hot> scan(window);
  int32_t i = 0;
  for (; i + kWindowLanes <= count; i += kWindowLanes) scan.add(values + i, found);
  scan.finish(found);
  for (; i < count; ++i) window_element(values[i], window, found);
  members = found;
}

inline void window_members(const float* values, int32_t count, const MagnitudeWindow& window,
                           WindowMembers& members) {
  window.hot == kNotHot ? scan_window<false>(values, count, window, members)
                        : scan_window<true>(values, count, window, members);
}

}  // namespace
}  // namespace fm
#endif
