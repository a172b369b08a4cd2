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
bool Cholesky<T>::factor() const {
  int info = 0;
  blas().potrf<T>()("L", p, g, p, &info);
  if (info != 0) return false;
  for (int i = 0; i < p; i += kCholeskyBlock) {
    const int rows = std::min(kCholeskyBlock, p - i);
    T* inverse = inverses + int64_t{i} * kCholeskyBlock;
    for (int j = 0; j < rows; ++j) {
      std::fill_n(inverse + int64_t{j} * rows, j, T{});
      std::copy_n(at(i + j, i + j), rows - j, inverse + int64_t{j} * rows + j);
    }
    if (!invert(inverse, rows, rows)) return false;
  }
  return true;
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
