// normals.h - normal random numbers by Philox4x32-10: number i of a seed and stream is always the same one.
#ifndef FASTMERGE_LINALG_NORMALS_H
#define FASTMERGE_LINALG_NORMALS_H
#include <cstdint>

namespace fm::linalg {

// to_i = number first + i of the stream.
template <class T>
void fill_normals(uint64_t seed, uint64_t stream, int64_t first, T* to, int64_t n);

}  // namespace fm::linalg
#endif
