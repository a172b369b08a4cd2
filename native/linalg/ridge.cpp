#include "ridge.h"

#include <algorithm>

#include "blas.h"
#include "elements.h"
#include "failure.h"

namespace fm::linalg {
namespace {

constexpr double kFirstRidge = 1e-12;
constexpr double kLastRidge = 1e3;

}  // namespace

double factor_with_ridge(const char* name, double* g, int n, int64_t stride, double ridge, double* diagonal,
                         bool& is_zero) {
  double sum = 0;
  for (int64_t j = 0; j < n; ++j) sum += diagonal[j] = g[j * stride + j];
  is_zero = true;
  for (int64_t j = 0; j < n && is_zero; ++j)
    is_zero = std::all_of(g + j * stride, g + j * stride + n, [](double x) { return x == 0; });
  if (is_zero) return 0;
  for (; ridge <= kLastRidge; ridge = std::max(10 * ridge, kFirstRidge)) {
    upper_to_lower(g, n, stride);
    for (int64_t j = 0; j < n; ++j) g[j * stride + j] = diagonal[j] + ridge * (sum / n);
    int info = 0;
    blas().dpotrf("L", n, g, static_cast<int>(stride), &info);
    if (info == 0) return ridge;
  }
  refuse(FM_INVALID_ARGUMENT,
         "%s: no ridge up to %g times the mean of the diagonal makes it positive definite", name, kLastRidge);
}

}  // namespace fm::linalg
