// small_gram.h - the Gram matrix of a matrix's small side.
#ifndef FASTMERGE_LINALG_SMALL_GRAM_H
#define FASTMERGE_LINALG_SMALL_GRAM_H
#include <cstdint>

#include "arena.h"

namespace fm::linalg {

constexpr int64_t kGramBlock = 1024;  // of the long side, summed up at once

// One block of the long side of a F32 matrix in binary64: rows [first, first + count) of a where the columns
// are the small side, else columns. Either way the block has the long side's elements in `count` columns of
// the small side's length (columns small) or in rows: to is columns x count by columns, or count x rows by
// columns.
void widen_block(const fm_matrix& a, int64_t first, int64_t count, double* to);

inline bool columns_are_small(const fm_matrix& a) { return a.columns <= a.rows; }

// The lower triangle, by columns with leading dimension p, of a^T a / unit^2 (columns <= rows) or a a^T /
// unit^2, for a power of two. In T; of double in blocks of kGramBlock, whose copy is taken from the arena.
template <class T>
void small_gram(Arena& arena, const fm_matrix& a, double unit, T* g);
template <class T>
int64_t small_gram_work(int64_t m, int64_t n);

// Whether squares of numbers near a unit are numbers of binary32.
bool squares_fit(double unit);

int64_t widened_size(int64_t m, int64_t n);  // elements of a block of kGramBlock

}  // namespace fm::linalg
#endif
