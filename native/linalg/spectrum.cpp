#include "spectrum.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <type_traits>

#include "blas.h"
#include "elements.h"
#include "large_side.h"
#include "matrix.h"
#include "refinement.h"
#include "signs.h"
#include "small_gram.h"
#include "work.h"

namespace fm::linalg {
namespace {

constexpr double kZero = 1e-7;  // of the largest value: directions below it are none

template <class T>
constexpr bool kIsSingle = std::is_same_v<T, float>;

// In binary32 this many vectors on either side of a cut are refined together.
template <class T>
constexpr int64_t kWindow = kIsSingle<T> ? 32 : 0;

template <class T>
constexpr int64_t columns_at_most(int64_t p, int64_t k) {
  return std::min(p, k + kWindow<T>);
}

// A power of two near the largest magnitude, so that squares neither vanish nor overflow.
double unit_of(const fm_matrix& a) {
  const double largest = largest_magnitude(a);
  return largest > 0 ? std::ldexp(1.0, std::ilogb(largest)) : 0;
}

// Rounding makes of an eigenvalue 0 one of either sign. In binary32 its root may be 3e-4 of the largest
// value, and of a matrix of low rank there may be thousands, whose sum means nothing. Where more than a
// hundredth of the values (n, descending) is negative, those that are not clearly above the most negative one
// are set to 0.
void drop_rounded_zeros(int64_t n, double* values) {
  const auto negative = std::count_if(values, values + n, [](double x) { return x < 0; });
  if (negative * 100 < n) return;
  const double bound = 2 * -values[n - 1];
  std::replace_if(
      values, values + n, [=](double x) { return x <= bound; }, 0.0);
}

// Overwrites numbers of binary64 with the same ones in binary32, which take the first half of the place.
float* narrow(double* from, int64_t count) {
  auto* bytes = reinterpret_cast<char*>(from);
  for (int64_t i = 0; i < count; ++i) {
    double wide;
    std::memcpy(&wide, bytes + i * 8, 8);
    const auto single = static_cast<float>(wide);
    std::memcpy(bytes + i * 4, &single, 4);
  }
  return reinterpret_cast<float*>(bytes);
}

template <class T>
void reverse_columns(int64_t rows, int64_t columns, T* z) {
  for (int64_t i = 0, j = columns - 1; i < j; ++i, --j)
    std::swap_ranges(z + i * rows, z + (i + 1) * rows, z + j * rows);
}

// to = the columns of z (rows x count by columns) and then zeros.
template <class T>
void copy_columns(const T* z, int64_t count, fm_matrix& to) {
  transpose(z, to.rows, static_cast<int>(count), static_cast<int>(to.rows), row<float>(to, 0), to.stride);
  for (int64_t i = 0; i < to.rows; ++i)
    std::fill(row<float>(to, i) + count, row<float>(to, i) + to.columns, 0.0f);
}

void copy_scaled(const fm_matrix& a, double scale, fm_matrix& b) {
  const auto factor = static_cast<float>(scale);
  for (int64_t i = 0; i < a.rows; ++i) {
    const float* from = row<float>(a, i);
    float* to = row<float>(b, i);
    for (int64_t j = 0; j < a.columns; ++j) to[j] = factor * from[j];
  }
}

}  // namespace

template <class T>
Spectrum<T>::Spectrum(Arena& arena, const fm_matrix& a)
    : a_(a),
      p_(std::min(a.rows, a.columns)),
      grading_(arena, kIsSingle<T> ? p_ : 0),
      reduction_(arena, p_),
      eigenvalues_(arena.take<double>(p_)),
      values_(arena.take<double>(p_)) {}

template <class T>
void Spectrum<T>::find_values(Arena& arena) {
  const double unit = unit_of(a_);
  if (unit == 0) {
    std::fill_n(values_, p_, 0.0);
    return;
  }
  find_gram(arena, unit);
  reduction_.reduce(arena);
  tridiagonal_values(arena, reduction_.tridiagonal(), eigenvalues_);
  std::reverse_copy(eigenvalues_, eigenvalues_ + p_, values_);
  if constexpr (kIsSingle<T>) drop_rounded_zeros(p_, values_);
  for (int64_t i = 0; i < p_; ++i) values_[i] = unit * std::sqrt(std::max(0.0, values_[i]));
}

template <class T>
void Spectrum<T>::find_gram(Arena& arena, double unit) {
  if constexpr (kIsSingle<T>) {
    if (squares_fit(unit)) grading_.find(arena, a_);
    if (grading_.is_found()) return grading_.gram(arena, a_, unit, reduction_.matrix());
  }
  small_gram<T>(arena, a_, unit, reduction_.matrix());
}

template <class T>
int64_t Spectrum<T>::rank() const {
  if (values_[0] == 0) return 0;
  return std::partition_point(values_, values_ + p_, [&](double s) { return s > kZero * values_[0]; }) -
         values_;
}

template <class T>
T* Spectrum<T>::eigenvectors(Arena& arena, int64_t first, int64_t count) const {
  auto* z = arena.take<double>(p_ * count);
  tridiagonal_vectors(arena, reduction_.tridiagonal(), eigenvalues_, p_ - first - count, count, z);
  T* vectors;
  if constexpr (kIsSingle<T>) {
    vectors = narrow(z, p_ * count);
  } else {
    vectors = z;
  }
  reverse_columns(p_, count, vectors);
  reduction_.apply(arena, count, vectors);
  if constexpr (kIsSingle<T>) grading_.apply(arena, count, vectors);
  return vectors;
}

template <class T>
T* Spectrum<T>::small_vectors(Arena& arena, int64_t first, int64_t count) const {
  if constexpr (kWindow<T> == 0) {
    return eigenvectors(arena, first, count);
  } else {
    const int64_t rank = this->rank();
    const int64_t begin = std::max<int64_t>(0, first - kWindow<T>),
                  end = std::min(rank, first + count + kWindow<T>);
    T* vectors = eigenvectors(arena, begin, end - begin);
    for (const int64_t cut : {first, first + count}) {
      const int64_t low = std::max(begin, cut - kWindow<T>), high = std::min(end, cut + kWindow<T>);
      if (cut > begin && cut < end) refine(arena, a_, high - low, vectors + (low - begin) * p_);
    }
    return vectors + (first - begin) * p_;
  }
}

template <class T>
void Spectrum<T>::vectors(Arena& arena, int64_t k, fm_matrix* u, fm_matrix* v) const {
  if (!u && !v) return;
  fm_matrix own{nullptr, a_.columns, k,
                k,       FM_F32,     0};  // signs are those of v, also where it is not asked for
  if (!v) {
    own.data = arena.take<float>(own.rows * k);
    v = &own;
  }
  const int64_t count = std::min(k, rank());
  fm_matrix *small = u, *large = v;
  if (columns_are_small(a_)) std::swap(small, large);
  const T* vectors = count > 0 ? small_vectors(arena, 0, count) : nullptr;
  if (small) copy_columns(vectors, count, *small);
  if (large) large_vectors(arena, a_, count, vectors, *large);
  fix_signs(u, v);
}

template <class T>
void Spectrum<T>::project(Arena& arena, int64_t k, double scale, fm_matrix& b) const {
  const int64_t rank = this->rank();
  if (k >= rank) return copy_scaled(a_, scale, b);
  if (k == 0) return copy_scaled(a_, 0, b);
  // What is kept, or what is not, is taken out of a by the fewer vectors.
  const bool leading = k <= rank - k;
  const int64_t count = leading ? k : rank - k;
  T* vectors = small_vectors(arena, leading ? 0 : k, count);
  if (!leading) copy_scaled(a_, 1, b);
  float* basis;
  if constexpr (kIsSingle<T>) {
    basis = vectors;
  } else {
    basis = narrow(vectors, p_ * count);
  }
  if (leading) {
    project_large(arena, a_, count, basis, scale, 0, b);
  } else {
    project_large(arena, b, count, basis, -scale, scale, b);
  }
}

template <class T>
int64_t Spectrum<T>::work(int64_t m, int64_t n, int64_t k) {
  const int64_t p = std::min(m, n), columns = columns_at_most<T>(p, std::min(k, p));
  Arena counting;
  const fm_matrix a{nullptr, m, n, n, FM_F32, 0};
  const Spectrum<T> spectrum(counting, a);
  const int64_t find =
      counting.used() + std::max({small_gram_work<T>(m, n), kIsSingle<T> ? Grading::find_work(m, n) : 0,
                                  kIsSingle<T> ? Grading::gram_work(m, n) : 0, Reduction<T>::reduce_work(p),
                                  tridiagonal_values_work(p)});
  if (k > 0) {
    counting.take<float>(n * std::min(k, p));
    counting.take<double>(p * columns);
  }
  const int64_t vectors =
      k == 0 ? 0
             : std::max({tridiagonal_vectors_work(p, columns), Reduction<T>::apply_work(p, columns),
                         kIsSingle<T> ? Grading::apply_work(p, columns) : 0,
                         kWindow<T> ? refine_work(m, n, 2 * kWindow<T>) : 0, large_vectors_work<T>(m, n, k),
                         project_large_work(m, n, k)});
  return std::max(find, counting.used() + vectors);
}

template class Spectrum<float>;
template class Spectrum<double>;

}  // namespace fm::linalg
