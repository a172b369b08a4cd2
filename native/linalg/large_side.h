// large_side.h - products of a matrix with vectors of its small side, in blocks of the large one.
#ifndef FASTMERGE_LINALG_LARGE_SIDE_H
#define FASTMERGE_LINALG_LARGE_SIDE_H
#include "arena.h"

namespace fm::linalg {

// The first `count` columns of to (large side x k) = a b (tall a) or a^T b, each divided by its norm; the
// others 0. b: small side x count by columns, computed with in T.
template <class T>
void large_vectors(Arena& arena, const fm_matrix& a, int64_t count, const T* b, fm_matrix& to);

// to = alpha a b b^T + beta to (tall a) or alpha b b^T a + beta to; to may be a.
void project_large(Arena& arena, const fm_matrix& a, int64_t count, const float* b, double alpha, double beta,
                   fm_matrix& to);

template <class T>
int64_t large_vectors_work(int64_t m, int64_t n, int64_t count);
int64_t project_large_work(int64_t m, int64_t n, int64_t count);

}  // namespace fm::linalg
#endif
