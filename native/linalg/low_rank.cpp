#include "low_rank.h"

#include <algorithm>
#include <cmath>

#include "blas.h"
#include "elements.h"

namespace fm::linalg {
namespace {

constexpr int kLeastSide = 256;  // below it nothing is saved
constexpr int kColumns = 256;    // of what is left of g at a time
constexpr double kLeftOut = 0x1p-44;
constexpr double kSeparate = 1e-7;

// Columns of L until no element that is left of the diagonal is above `enough`; most + 1 if there are more
// than most.
int pivoted_cholesky(const double* g, int p, double enough, int most, double* l, double* left) {
  for (int64_t i = 0; i < p; ++i) left[i] = g[i * p + i];
  for (int r = 0;; ++r) {
    const auto pivot = static_cast<int>(std::max_element(left, left + p) - left);
    if (left[pivot] <= enough) return r;
    if (r == most) return r + 1;
    double* column = l + int64_t{r} * p;
    std::copy_n(g + int64_t{pivot} * p, p, column);
    if (r > 0) blas().dgemv("N", p, r, -1.0, l, p, l + pivot, p, 1.0, column, 1);
    scale(column, 1 / std::sqrt(left[pivot]), p);
    for (int i = 0; i < p; ++i) left[i] -= column[i] * column[i];
    left[pivot] = 0;
  }
}

// ||g - L L^T||_F; block has p x kColumns.
double left_out(const double* g, int p, const double* l, int r, double* block) {
  double sum = 0;
  for (int first = 0; first < p; first += kColumns) {
    const int k = std::min(kColumns, p - first);
    std::copy_n(g + int64_t{first} * p, int64_t{k} * p, block);
    if (r > 0) blas().dgemm("N", "T", p, k, r, -1.0, l, p, l + first, p, 1.0, block, p);
    sum += dot(block, block, int64_t{k} * p);
  }
  return std::sqrt(sum);
}

// Noise of size d in all elements of the diagonal has eigenvalues of a few d, and a norm of d sqrt(p).
double enough(int p, double largest) { return kLeftOut * largest / std::sqrt(static_cast<double>(p)); }

}  // namespace

int low_rank_eigen(double* g, int p, double largest, double* values, double* work, int* integers) {
  if (p < kLeastSide) return 0;
  const int most = p / 4;
  double* l = work;
  double* left = l + int64_t{p} * most;
  const int r = pivoted_cholesky(g, p, enough(p, largest), most, l, left);
  if (r == 0 || r > most) return 0;
  const double rest_norm = left_out(g, p, l, r, left + p);
  if (!(rest_norm <= kLeftOut * largest)) return 0;
  double* tau = left + p;
  double* small = tau + r;
  double* rest = small + int64_t{r} * r;
  const int size = std::max(64 * r, 2 * r * r + 6 * r + 1);
  int info = 0;
  blas().dgeqrf(p, r, l, p, tau, rest, size, &info);
  for (int64_t j = 0; j < r; ++j) {
    std::copy_n(l + j * p, j + 1, rest + j * r);
    std::fill_n(rest + j * r + j + 1, r - j - 1, 0.0);
  }
  blas().dsyrk("L", "N", r, r, 1.0, rest, r, 0.0, small, r);
  blas().dorgqr(p, r, r, l, p, tau, rest, size, &info);
  blas().dsyevd("V", "L", r, small, r, values, rest, size, integers, 5 * r + 3, &info);
  if (info != 0 || rest_norm > kSeparate * values[0]) return 0;
  blas().dgemm("N", "N", p, r, r, 1.0, l, p, small, r, 0.0, g, p);
  return r;
}

bool has_low_rank(const double* g, int p, double largest, double* columns, double* scratch) {
  const int most = p / 32;
  if (p < kLeastSide) return false;
  const int r = pivoted_cholesky(g, p, enough(p, largest), most, columns, scratch);
  return r <= most && left_out(g, p, columns, r, scratch + p) <= kLeftOut * largest;
}

}  // namespace fm::linalg
