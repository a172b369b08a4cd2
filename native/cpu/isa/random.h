// random.h - random masks: Philox4x32-10, sixteen neighbouring counters for 64 elements.
#ifndef FASTMERGE_CPU_ISA_RANDOM_H
#define FASTMERGE_CPU_ISA_RANDOM_H
#include "target_table.h"
#include "vectors.h"

namespace fm {
namespace {

struct Counters {
  W c0, c1, c2, c3;
};

constexpr int kRounds = 10;

struct RoundKeys {
  W k0[kRounds], k1[kRounds];
};

FM_FN void make_keys(RoundKeys& keys, uint64_t seed) {
  for (fm_u32 round = 0; round < kRounds; ++round) {
    keys.k0[round] = set_words((fm_u32)seed + round * 0x9e3779b9u);
    keys.k1[round] = set_words((fm_u32)(seed >> 32) + round * 0xbb67ae85u);
  }
}

FM_FN Counters philox(Counters c, const RoundKeys& keys) {
  const W multiplier0 = set_words(0xd2511f53u), multiplier1 = set_words(0xcd9e8d57u);
#pragma GCC unroll 10
  for (int round = 0; round < kRounds; ++round) {
    const W p0 = product(c.c0, multiplier0), p1 = product(c.c2, multiplier1);
    c = {xor3(high_words(p1), c.c1, keys.k0[round]), p1, xor3(high_words(p0), c.c3, keys.k1[round]), p0};
  }
  return c;
}

// The words of each block, given to take(block's words, place of the block's result).
template <class Take>
FM_FN void for_random_blocks(const fm_random& random, uint64_t first, int64_t blocks, uint32_t* results,
                             Take take) {
  RoundKeys keys;
  make_keys(keys, random.seed);
  for (int64_t b = 0; b < blocks; ++b, results += kRandomBlock) {
    const uint64_t counter = (first + (uint64_t)b) * 16;
    const W c1 = set_words(((fm_u32)(counter >> 32) & 0xffffu) | random.model << 16);
    const W c2 = set_words((fm_u32)random.stream), c3 = set_words((fm_u32)(random.stream >> 32));
    alignas(64) fm_u32 words[kRandomBlock];
#pragma GCC unroll 2
    for (int j = 0; j < 16; j += kWidth) {
      const Counters r = philox({count_words((fm_u32)counter + (fm_u32)j), c1, c2, c3}, keys);
      store_words(words + j, r.c0);
      store_words(words + 16 + j, r.c1);
      store_words(words + 32 + j, r.c2);
      store_words(words + 48 + j, r.c3);
    }
    take(words, results);
  }
}

inline void random_masks(const fm_random& random, uint64_t first, int64_t blocks, uint32_t* masks) {
  if (random.drop == 0 || random.drop > 0xffffffffu) {
    const fm_u32 all = random.drop == 0 ? 0xffffffffu : 0u;
    FM_FOR(i, blocks * kRandomBlock) masks[i] = all;
    return;
  }
  const fm_u32 drop = (fm_u32)random.drop;
  for_random_blocks(random, first, blocks, masks, [=](const fm_u32* words, fm_u32* to) {
    FM_FOR(i, kRandomBlock) to[i] = words[i] >= drop ? 0xffffffffu : 0u;
  });
}

inline void random_words(const fm_random& random, uint64_t first, int64_t blocks, uint32_t* results) {
  for_random_blocks(random, first, blocks, results, [](const fm_u32* words, fm_u32* to) {
    FM_FOR(i, kRandomBlock) to[i] = words[i];
  });
}

}  // namespace
}  // namespace fm
#endif
