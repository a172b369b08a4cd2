#include "tridiagonal_vectors.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "blas.h"
#include "work.h"

namespace fm::linalg {
namespace {

constexpr int kLanes = 8;  // vectors that are found at once
constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
// Columns whose products differ from those of orthonormal ones by less are taken as they are.
constexpr double kOrthonormal = 1e-11;

struct ValueBuffers {
  double* e;
  ValueBuffers(Arena& arena, int64_t n) : e(arena.take<double>(n)) {}
};

// above: pivots of the factorisation from the top, below: from the bottom, kLanes numbers an element.
struct TwistBuffers {
  double *above, *below, *products;
  TwistBuffers(Arena& arena, int64_t n, int64_t count)
      : above(arena.take<double>(n * kLanes)),
        below(arena.take<double>(n * kLanes)),
        products(arena.take<double>(count * count)) {}
};

struct StemrBuffers {
  double *d, *e, *values, *work;
  int *support, *integers;
  StemrBuffers(Arena& arena, int64_t n, int64_t count)
      : d(arena.take<double>(n)),
        e(arena.take<double>(n)),
        values(arena.take<double>(n)),
        work(arena.take<double>(18 * n)),
        support(arena.take<int>(2 * count)),
        integers(arena.take<int>(10 * n)) {}
};

double norm_bound(const TridiagonalMatrix& t) {
  double bound = 0;
  for (int64_t i = 0; i < t.n; ++i)
    bound = std::max(
        bound, std::abs(t.d[i]) + (i ? std::abs(t.e[i - 1]) : 0) + (i + 1 < t.n ? std::abs(t.e[i]) : 0));
  return bound;
}

double away_from_zero(double pivot, double least) {
  return std::abs(pivot) < least ? (pivot < 0 ? -least : least) : pivot;
}

// Eigenvectors of kLanes values at once. With D and R the pivots of T - value I from the top and from the
// bottom, the twisted pivot at i is D_i + R_i - (d_i - value); at the index k of the smallest one the vector
// that is 1 at k and satisfies all equations but the k-th has the residual |pivot| / ||z||.
class Twist {
 public:
  Twist(const TridiagonalMatrix& t, const TwistBuffers& buffers)
      : t_(t), above_(buffers.above), below_(buffers.below), scale_(norm_bound(t)) {
    least_ = std::max(scale_ * kEpsilon * 1e-4, std::numeric_limits<double>::min() * 1e20);
  }

  // Columns of z for values[0..lanes); the largest residual relative to the norm of T.
  double vectors(const double* values, int lanes, double* z) {
    for (int l = 0; l < kLanes; ++l) value_[l] = values[std::min(l, lanes - 1)];
    for (int round = 0;; ++round) {
      factor();
      double residual = 0;
      for (int l = 0; l < lanes; ++l) residual = std::max(residual, solve(l, z + l * t_.n));
      if (round == 1 || residual <= 4 * kEpsilon * scale_) return residual / scale_;
    }
  }

 private:
  void factor() {
    const int64_t n = t_.n;
    for (int l = 0; l < kLanes; ++l) above_[l] = away_from_zero(t_.d[0] - value_[l], least_);
    for (int64_t i = 1; i < n; ++i) {
      const double square = t_.e[i - 1] * t_.e[i - 1], *before = above_ + (i - 1) * kLanes;
      for (int l = 0; l < kLanes; ++l)
        above_[i * kLanes + l] = away_from_zero(t_.d[i] - value_[l] - square / before[l], least_);
    }
    double* last = below_ + (n - 1) * kLanes;
    double smallest[kLanes];
    for (int l = 0; l < kLanes; ++l) {
      last[l] = away_from_zero(t_.d[n - 1] - value_[l], least_);
      smallest[l] = std::numeric_limits<double>::infinity();
    }
    for (int64_t i = n - 1; i >= 0; --i) {
      double* here = below_ + i * kLanes;
      const double square = i + 1 < n ? t_.e[i] * t_.e[i] : 0;
      for (int l = 0; l < kLanes; ++l) {
        const double shifted = t_.d[i] - value_[l];
        if (i + 1 < n) here[l] = away_from_zero(shifted - square / here[kLanes + l], least_);
        const double pivot = above_[i * kLanes + l] + (here[l] - shifted);
        if (std::abs(pivot) < smallest[l]) {
          smallest[l] = std::abs(pivot);
          pivot_[l] = pivot;
          twist_[l] = i;
        }
      }
    }
  }

  // The vector of lane l, of norm 1; its residual. The value is moved by the Rayleigh quotient of the
  // residual.
  double solve(int l, double* z) {
    constexpr double nothing = 1e-200;  // keeps denormal numbers, which are slow, out
    const int64_t n = t_.n, k = twist_[l];
    double sum = 1;
    z[k] = 1;
    for (int64_t i = k - 1; i >= 0; --i) {
      const double x = -(t_.e[i] / above_[i * kLanes + l]) * z[i + 1];
      z[i] = std::abs(x) < nothing ? 0 : x;
      sum += z[i] * z[i];
    }
    for (int64_t i = k + 1; i < n; ++i) {
      const double x = -(t_.e[i - 1] / below_[i * kLanes + l]) * z[i - 1];
      z[i] = std::abs(x) < nothing ? 0 : x;
      sum += z[i] * z[i];
    }
    const double norm = std::sqrt(sum);
    for (int64_t i = 0; i < n; ++i) z[i] /= norm;
    value_[l] += pivot_[l] / sum;
    return std::abs(pivot_[l]) / norm;
  }

  const TridiagonalMatrix& t_;
  double *above_, *below_;
  double scale_, least_;
  double value_[kLanes], pivot_[kLanes];
  int64_t twist_[kLanes];
};

// Makes the columns of z orthonormal; false if they are too far from it.
bool orthonormalise(int64_t n, int64_t count, double* products, double* z) {
  const int rows = static_cast<int>(n), columns = static_cast<int>(count);
  blas().dsyrk("L", "T", columns, rows, 1.0, z, rows, 0.0, products, columns);
  double worst = 0, square = 0;
  for (int64_t j = 0; j < count; ++j)
    for (int64_t i = j; i < count; ++i) {
      const double off = std::abs(products[j * count + i] - (i == j ? 1.0 : 0.0));
      if (!(off <= 2)) return false;
      worst = std::max(worst, off);
      square += off * off;
    }
  if (worst <= kOrthonormal) return true;
  if (square > 0.1) return false;
  int info = 0;
  blas().dpotrf("L", columns, products, columns, &info);
  if (info != 0) return false;
  blas().dtrsm("R", "L", "T", "N", rows, columns, 1.0, products, columns, z, rows);
  return true;
}

bool twisted_vectors(Arena& arena, const TridiagonalMatrix& t, const double* values, int64_t count,
                     double* z) {
  Scope scope(arena);
  const TwistBuffers buffers(arena, t.n, count);
  Twist twist(t, buffers);
  for (int64_t j = 0; j < count; j += kLanes) {
    const int lanes = static_cast<int>(std::min<int64_t>(kLanes, count - j));
    if (!(twist.vectors(values + j, lanes, z + j * t.n) <= 1e-13)) return false;
  }
  return orthonormalise(t.n, count, buffers.products, z);
}

void stemr_vectors(Arena& arena, const TridiagonalMatrix& t, int64_t first, int64_t count, double* z) {
  Scope scope(arena);
  const StemrBuffers buffers(arena, t.n, count);
  std::copy_n(t.d, t.n, buffers.d);
  std::copy_n(t.e, t.n - 1, buffers.e);
  const int n = static_cast<int>(t.n), low = static_cast<int>(first + 1),
            high = static_cast<int>(first + count);
  int found = 0, relative = 1, info = 0;
  blas().dstemr("V", "I", n, buffers.d, buffers.e, 0.0, 0.0, low, high, &found, buffers.values, z, n,
                static_cast<int>(count), buffers.support, &relative, buffers.work, 18 * n, buffers.integers,
                10 * n, &info);
  if (info != 0 || found != count)
    refuse(FM_INTERNAL, "eigenvectors %d to %d of %d: stemr finds %d and ends with info %d", low, high, n,
           found, info);
}

}  // namespace

void tridiagonal_values(Arena& arena, const TridiagonalMatrix& t, double* values) {
  Scope scope(arena);
  const ValueBuffers buffers(arena, t.n);
  std::copy_n(t.d, t.n, values);
  std::copy_n(t.e, t.n - 1, buffers.e);
  int info = 0;
  blas().dsterf(static_cast<int>(t.n), values, buffers.e, &info);
  if (info != 0)
    refuse(FM_INTERNAL, "eigenvalues of %lld: sterf ends with info %d", static_cast<long long>(t.n), info);
}

void tridiagonal_vectors(Arena& arena, const TridiagonalMatrix& t, const double* values, int64_t first,
                         int64_t count, double* z) {
  if (count == 0) return;
  if (!twisted_vectors(arena, t, values + first, count, z)) stemr_vectors(arena, t, first, count, z);
}

int64_t tridiagonal_values_work(int64_t n) { return bytes_of<ValueBuffers>(n); }

int64_t tridiagonal_vectors_work(int64_t n, int64_t count) {
  return std::max(bytes_of<TwistBuffers>(n, count), bytes_of<StemrBuffers>(n, count));
}

}  // namespace fm::linalg
