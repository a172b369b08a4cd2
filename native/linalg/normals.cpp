#include "normals.h"

namespace fm::linalg {
namespace {

struct Words {
  uint32_t w[4];
};

Words philox(uint64_t counter, uint64_t stream, uint64_t seed) {
  auto low = [](uint64_t x) { return static_cast<uint32_t>(x); };
  auto high = [](uint64_t x) { return static_cast<uint32_t>(x >> 32); };
  Words x{{low(counter), high(counter), low(stream), high(stream)}};
  uint32_t key0 = low(seed), key1 = high(seed);
  for (int round = 0; round < 10; ++round, key0 += 0x9E3779B9u, key1 += 0xBB67AE85u) {
    const uint64_t p0 = uint64_t{0xD2511F53u} * x.w[0], p1 = uint64_t{0xCD9E8D57u} * x.w[2];
    x = {{high(p1) ^ x.w[1] ^ key0, low(p1), high(p0) ^ x.w[3] ^ key1, low(p0)}};
  }
  return x;
}

// Irwin-Hall: twelve uniforms have variance 1. Made of additions only, so that no library's logarithm decides
// bits; three counters of four words make one number.
double normal(uint64_t seed, uint64_t stream, uint64_t index) {
  uint64_t sum = 0;
  for (uint64_t part = 0; part < 3; ++part) {
    const Words x = philox(3 * index + part, stream, seed);
    for (const uint32_t word : x.w) sum += word;
  }
  return (static_cast<double>(sum) - 12.0 * 2147483647.5) / 4294967296.0;
}

}  // namespace

template <class T>
void fill_normals(uint64_t seed, uint64_t stream, int64_t first, T* to, int64_t n) {
  for (int64_t i = 0; i < n; ++i)
    to[i] = static_cast<T>(normal(seed, stream, static_cast<uint64_t>(first + i)));
}
template void fill_normals(uint64_t, uint64_t, int64_t, float*, int64_t);
template void fill_normals(uint64_t, uint64_t, int64_t, double*, int64_t);

}  // namespace fm::linalg
