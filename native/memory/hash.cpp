// XXH3 is compiled into the library: no run-time dependency, and the 64-bit and the 128-bit hash of one
// version of xxhash.h.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>

#include "fastmerge.h"

uint64_t fm_hash64(const void* data, int64_t size) {
  return XXH3_64bits(data, size > 0 ? static_cast<size_t>(size) : 0);
}

void fm_hash128(const void* data, int64_t size, uint8_t out[16]) {
  XXH128_hash_t hash = XXH3_128bits(data, size > 0 ? static_cast<size_t>(size) : 0);
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, hash);
  std::copy_n(canonical.digest, 16, out);
}

void fm_hash_blocks(const void* data, int64_t size, uint8_t* out) {
  auto* bytes = static_cast<const uint8_t*>(data);
  for (int64_t first = 0; first < size; first += FM_HASH_BLOCK, out += 16) {
    fm_hash128(bytes + first, std::min<int64_t>(FM_HASH_BLOCK, size - first), out);
  }
}
