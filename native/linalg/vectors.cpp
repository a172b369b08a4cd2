#include "vectors.h"

#include <algorithm>

#include "blas.h"
#include "elements.h"

namespace fm::linalg {
namespace {

template <class S, class T>
void load_from(const Vectors& from, int first, int k, T* block) {
  const int length = from.length();
  const int64_t stride = from.matrix->stride;
  if (from.are_rows) {
    for (int i = 0; i < k; ++i) {
      const S* vector = row<S>(*from.matrix, first + i);
      T* to = block + int64_t{i} * length;
      if (from.kept.empty()) convert(vector, to, length);
      for (size_t j = 0; j < from.kept.size(); ++j) to[j] = static_cast<T>(vector[from.kept[j]]);
    }
  } else if (from.kept.empty()) {
    transpose(row<S>(*from.matrix, 0) + first, stride, length, k, block, length);
  } else {
    for (int j = 0; j < length; ++j) {
      const S* numbers = row<S>(*from.matrix, from.kept[static_cast<size_t>(j)]) + first;
      for (int i = 0; i < k; ++i) block[int64_t{i} * length + j] = static_cast<T>(numbers[i]);
    }
  }
}

template <class S, class T>
void store_to(const T* block, const Vectors& to, int first, int k) {
  const int length = to.length(), full = to.full_length();
  if (to.are_rows) {
    for (int i = 0; i < k; ++i) {
      S* vector = row<S>(*to.matrix, first + i);
      const T* from = block + int64_t{i} * length;
      if (to.kept.empty()) {
        convert(from, vector, length);
      } else {
        std::fill_n(vector, full, S{});
        for (size_t j = 0; j < to.kept.size(); ++j) vector[to.kept[j]] = static_cast<S>(from[j]);
      }
    }
  } else if (to.kept.empty()) {
    transpose(block, length, k, length, row<S>(*to.matrix, 0) + first, to.matrix->stride);
  } else {
    for (int j = 0; j < full; ++j) std::fill_n(row<S>(*to.matrix, j) + first, k, S{});
    for (size_t j = 0; j < to.kept.size(); ++j) {
      S* numbers = row<S>(*to.matrix, to.kept[j]) + first;
      for (int i = 0; i < k; ++i)
        numbers[i] = static_cast<S>(block[int64_t{i} * length + static_cast<int>(j)]);
    }
  }
}

}  // namespace

template <class T>
void load_block(const Vectors& from, int first, int k, T* block) {
  if (from.matrix->dtype == FM_F64) {
    load_from<double>(from, first, k, block);
  } else {
    load_from<float>(from, first, k, block);
  }
}
template void load_block(const Vectors&, int, int, float*);
template void load_block(const Vectors&, int, int, double*);

template <class T>
void store_block(const T* block, const Vectors& to, int first, int k) {
  if (to.matrix->dtype == FM_F64) {
    store_to<double>(block, to, first, k);
  } else {
    store_to<float>(block, to, first, k);
  }
}
template void store_block(const float*, const Vectors&, int, int);
template void store_block(const double*, const Vectors&, int, int);

void copy(const fm_matrix& from, const fm_matrix& to) {
  if (from.data == to.data) return;
  for (int64_t i = 0; i < from.rows; ++i) {
    if (from.dtype == FM_F64) {
      std::copy_n(row<double>(from, i), from.columns, row<double>(to, i));
    } else {
      std::copy_n(row<float>(from, i), from.columns, row<float>(to, i));
    }
  }
}

void add_gram(double alpha, const Vectors& vectors, double beta, double* g, int stride, double* block) {
  const int length = vectors.length(), count = vectors.count();
  for (int first = 0; first < count; first += kGramBlock) {
    const int k = std::min(kGramBlock, count - first);
    load_block(vectors, first, k, block);
    blas().dsyrk("L", "N", length, k, alpha, block, length, beta, g, stride);
    beta = 1;
  }
}

}  // namespace fm::linalg
