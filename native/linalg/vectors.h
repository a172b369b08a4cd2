// vectors.h - a matrix as vectors along one of its sides, read and written in blocks.
#ifndef FASTMERGE_LINALG_VECTORS_H
#define FASTMERGE_LINALG_VECTORS_H
#include <vector>

#include "matrix.h"

namespace fm::linalg {

// `count` vectors of `length` numbers: the rows of a matrix, or its columns. A block of k of them is a matrix
// of length x k by columns, without gaps. `kept` tells which numbers of a vector are looked at; empty: all.
struct Vectors {
  const fm_matrix* matrix;
  bool are_rows;
  std::vector<int> kept;

  int count() const { return static_cast<int>(are_rows ? matrix->rows : matrix->columns); }
  int full_length() const { return static_cast<int>(are_rows ? matrix->columns : matrix->rows); }
  int length() const { return kept.empty() ? full_length() : static_cast<int>(kept.size()); }
};

// The block of k vectors from the first on; T is float or double, the matrix too.
template <class T>
void load_block(const Vectors& from, int first, int k, T* block);
// Writes a block: to the numbers that are kept, 0 to the others.
template <class T>
void store_block(const T* block, const Vectors& to, int first, int k);

// to = from; one shape and dtype. Nothing where they are the same.
void copy(const fm_matrix& from, const fm_matrix& to);

constexpr int kGramBlock = 1024;

// g = alpha (sum of v v^T over the vectors) + beta g in the lower triangle by columns; block has room for
// kGramBlock vectors of doubles.
void add_gram(double alpha, const Vectors& vectors, double beta, double* g, int stride, double* block);

}  // namespace fm::linalg
#endif
