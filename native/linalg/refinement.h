// refinement.h - vectors near a cut, found in binary32, separated again.
#ifndef FASTMERGE_LINALG_REFINEMENT_H
#define FASTMERGE_LINALG_REFINEMENT_H
#include "arena.h"

namespace fm::linalg {

// Rayleigh-Ritz in the span of the `count` columns of b (small side of a x count, orthonormal but for
// rounding): with Y = a b (a^T b of a wide a) in binary64 and Y^T Y = R D R^T, D descending, b becomes b R.
// Vectors that rounding had mixed within the window are those of a again, ordered by their values.
void refine(Arena& arena, const fm_matrix& a, int64_t count, float* b);

int64_t refine_work(int64_t m, int64_t n, int64_t count);

}  // namespace fm::linalg
#endif
