#include "cholesky.h"

#include <algorithm>

#include "blas.h"

namespace fm::linalg {
namespace {

// The first half in whole blocks.
int half_of(int size) { return (size / 2 + kCholeskyBlock - 1) / kCholeskyBlock * kCholeskyBlock; }

// Inverts a lower triangle in its place, whose upper one is 0.
template <class T>
bool invert(T* l, int size, int leading) {
  constexpr int smallest = 64;
  if (size <= smallest) {
    int info = 0;
    blas().trtri<T>()("L", "N", size, l, leading, &info);
    return info == 0;
  }
  const int half = size / 2, rest = size - half;
  T* side = l + half;
  T* corner = side + int64_t{half} * leading;
  if (!invert(l, half, leading) || !invert(corner, rest, leading)) return false;
  blas().trmm<T>()("L", "L", "N", "N", rest, half, T{-1}, corner, leading, side, leading);
  blas().trmm<T>()("R", "L", "N", "N", rest, half, T{1}, l, leading, side, leading);
  return true;
}

}  // namespace

template <class T>
bool Cholesky<T>::factor_block(int first, int size) const {
  int info = 0;
  blas().potrf<T>()("L", size, at(first, first), p, &info);
  if (info != 0) return false;
  T* inverse = inverses + int64_t{first} * kCholeskyBlock;
  for (int j = 0; j < size; ++j) {
    std::fill_n(inverse + int64_t{j} * size, j, T{});
    std::copy_n(at(first + j, first + j), size - j, inverse + int64_t{j} * size + j);
  }
  return invert(inverse, size, size);
}

// The block of `rows` rows from `below` on, in the columns of L's block: times L^-T.
template <class T>
void Cholesky<T>::right(int first, int size, int below, int rows) const {
  if (size <= kCholeskyBlock) {
    blas().trmm<T>()("R", "L", "T", "N", rows, size, T{1}, inverses + int64_t{first} * kCholeskyBlock, size,
                     at(below, first), p);
    return;
  }
  const int half = half_of(size), next = first + half, rest = size - half;
  right(first, half, below, rows);
  blas().gemm<T>()("N", "T", rows, rest, half, T{-1}, at(below, first), p, at(next, first), p, T{1},
                   at(below, next), p);
  right(next, rest, below, rows);
}

template <class T>
bool Cholesky<T>::factor(int first, int size) const {
  if (size <= kCholeskyBlock) return factor_block(first, size);
  const int half = half_of(size), next = first + half, rest = size - half;
  if (!factor(first, half)) return false;
  right(first, half, next, rest);
  blas().syrk<T>()("L", "N", rest, half, T{-1}, at(next, first), p, T{1}, at(next, next), p);
  return factor(next, rest);
}

template <class T>
void Cholesky<T>::lower(int first, int size, int zeros, T* y, int k) const {
  if (first + size <= zeros) return;
  if (size <= kCholeskyBlock) {
    blas().trmm<T>()("L", "L", "N", "N", size, k, T{1}, inverses + int64_t{first} * kCholeskyBlock, size,
                     y + first, p);
    return;
  }
  const int half = half_of(size), next = first + half, rest = size - half;
  lower(first, half, zeros, y, k);
  if (next > zeros)
    blas().gemm<T>()("N", "N", rest, k, half, T{-1}, at(next, first), p, y + first, p, T{1}, y + next, p);
  lower(next, rest, zeros, y, k);
}

template <class T>
void Cholesky<T>::upper(int first, int size, T* y, int k) const {
  if (size <= kCholeskyBlock) {
    blas().trmm<T>()("L", "L", "T", "N", size, k, T{1}, inverses + int64_t{first} * kCholeskyBlock, size,
                     y + first, p);
    return;
  }
  const int half = half_of(size), next = first + half, rest = size - half;
  upper(next, rest, y, k);
  blas().gemm<T>()("T", "N", half, k, rest, T{-1}, at(next, first), p, y + next, p, T{1}, y + first, p);
  upper(first, half, y, k);
}

template struct Cholesky<float>;
template struct Cholesky<double>;

}  // namespace fm::linalg
