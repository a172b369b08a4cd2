// nonfinite.h - counting and replacing NaN and Inf in raw buffers.
#ifndef FASTMERGE_CPU_ISA_NONFINITE_H
#define FASTMERGE_CPU_ISA_NONFINITE_H
#include "target_table.h"

namespace fm {
namespace {

// Of each dtype: its bits as an unsigned number, the smallest magnitude that decodes to Inf or NaN, the
// magnitude of Inf (NaN is above it; where there is no Inf, the number below NaN) and the canonical NaN.
struct F32Bits {
  using Word = fm_u32;
  static constexpr Word kSign = 0x80000000u, kFirst = 0x7f800000u, kInf = 0x7f800000u, kNaN = 0x7fc00000u;
};
struct F16Bits {
  using Word = fm_u16;
  static constexpr Word kSign = 0x8000, kFirst = 0x7c00, kInf = 0x7c00, kNaN = 0x7e00;
};
struct Bf16Bits {
  using Word = fm_u16;
  static constexpr Word kSign = 0x8000, kFirst = 0x7f80, kInf = 0x7f80, kNaN = 0x7fc0;
};
struct F64Bits {  // from 2^128 - 2^103 on, binary64 rounds to an infinite binary32
  using Word = fm_u64;
  static constexpr Word kSign = 0x8000000000000000u, kFirst = 0x47effffff0000000u, kInf = 0x7ff0000000000000u,
                        kNaN = 0x7ff8000000000000u;
};
struct E4m3Bits {
  using Word = fm_u8;
  static constexpr Word kSign = 0x80, kFirst = 0x7f, kInf = 0x7e, kNaN = 0x7f;
};
struct E5m2Bits {
  using Word = fm_u8;
  static constexpr Word kSign = 0x80, kFirst = 0x7c, kInf = 0x7c, kNaN = 0x7e;
};

template <class Word>
struct Unaligned {
  typedef Word Type FM_UNALIGNED;
};

template <class Bits>
int64_t count_nonfinite(const void* data, int64_t count) {
  using Word = typename Bits::Word;
  const auto* p = static_cast<const typename Unaligned<Word>::Type*>(data);
  constexpr Word kMagnitude = (Word)~Bits::kSign;
  // Two halves at once: one chain of maxima would wait for itself.
  const int64_t half = count / 2;
  Word largest = 0, other = count % 2 ? (Word)(p[count - 1] & kMagnitude) : (Word)0;
  FM_FOR(i, half) {
    const Word x = (Word)(p[i] & kMagnitude), y = (Word)(p[half + i] & kMagnitude);
    largest = largest > x ? largest : x;
    other = other > y ? other : y;
  }
  if ((largest > other ? largest : other) < Bits::kFirst) return 0;
  int64_t found = 0;
  FM_FOR(i, count) found += (Word)(p[i] & kMagnitude) >= Bits::kFirst;
  return found;
}

template <class Bits>
void sanitise(const void* from, void* to, int64_t count, bool zero) {
  using Word = typename Bits::Word;
  const auto* p = static_cast<const typename Unaligned<Word>::Type*>(from);
  Word* q = static_cast<Word*>(to);
  constexpr Word kMagnitude = (Word)~Bits::kSign;
  const Word limit = zero ? Bits::kFirst : (Word)(Bits::kInf + 1), replacement = zero ? 0 : Bits::kNaN;
  FM_FOR(i, count) q[i] = (Word)(p[i] & kMagnitude) >= limit ? replacement : p[i];
}

}  // namespace
}  // namespace fm
#endif
