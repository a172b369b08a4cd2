#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "fastmerge.h"

namespace {

std::string hex(const uint8_t* digest) {
  std::string text;
  for (int i = 0; i < 16; ++i) {
    char two[3];
    std::snprintf(two, sizeof two, "%02x", digest[i]);
    text += two;
  }
  return text;
}

std::string hash128(const std::string& text) {
  uint8_t digest[16];
  fm_hash128(text.data(), static_cast<int64_t>(text.size()), digest);
  return hex(digest);
}

std::vector<uint8_t> pattern(size_t size) {
  std::vector<uint8_t> bytes(size);
  uint32_t state = 1;
  for (auto& byte : bytes) {
    state = state * 1664525u + 1013904223u;
    byte = static_cast<uint8_t>(state >> 24);
  }
  return bytes;
}

// Published values of XXH3 with seed 0.
TEST(MemoryHash, EmptyInputHasThePublishedHashes) {
  EXPECT_EQ(fm_hash64(nullptr, 0), 0x2d06800538d394c2u);
  EXPECT_EQ(hash128(""), "99aa06d3014798d86001c324468d497f");
}

TEST(MemoryHash, ShortInputHasThePublishedHashes) {
  EXPECT_EQ(fm_hash64("abc", 3), 0x78af5f94892f3950u);
  EXPECT_EQ(hash128("abc"), "06b05ab6733a618578af5f94892f3950");
}

TEST(MemoryHash, NegativeSizeIsTakenAsEmpty) { EXPECT_EQ(fm_hash64("abc", -1), fm_hash64(nullptr, 0)); }

TEST(MemoryHash, AlignmentDoesNotMatter) {
  auto bytes = pattern(5000);
  auto shifted = std::vector<uint8_t>(5003);
  std::memcpy(shifted.data() + 3, bytes.data(), bytes.size());
  EXPECT_EQ(fm_hash64(bytes.data(), 5000), fm_hash64(shifted.data() + 3, 5000));
}

TEST(MemoryHash, EveryByteMatters) {
  auto bytes = pattern(300);
  uint64_t whole = fm_hash64(bytes.data(), 300);
  for (auto& byte : bytes) {
    byte ^= 1;
    EXPECT_NE(fm_hash64(bytes.data(), 300), whole);
    byte ^= 1;
  }
}

TEST(MemoryHash, BlocksAreHashedOneByOne) {
  for (size_t size :
       {size_t{0}, size_t{1}, size_t{65535}, size_t{65536}, size_t{65537}, size_t{3 * 65536 + 77}}) {
    auto bytes = pattern(size);
    size_t blocks = (size + FM_HASH_BLOCK - 1) / FM_HASH_BLOCK;
    std::vector<uint8_t> hashes(16 * blocks + 1, 0xee);
    fm_hash_blocks(bytes.data(), static_cast<int64_t>(size), hashes.data());
    for (size_t b = 0; b < blocks; ++b) {
      size_t length = std::min<size_t>(FM_HASH_BLOCK, size - b * FM_HASH_BLOCK);
      uint8_t expected[16];
      fm_hash128(bytes.data() + b * FM_HASH_BLOCK, static_cast<int64_t>(length), expected);
      EXPECT_EQ(hex(hashes.data() + 16 * b), hex(expected)) << size << " block " << b;
    }
    EXPECT_EQ(hashes[16 * blocks], 0xee) << "written behind the last hash";
  }
}

}  // namespace
