// feature_weights.cpp - the weights of rank-one features: by Cholesky, or conjugate gradients for many.
#include <algorithm>
#include <cmath>

#include "blas.h"
#include "elements.h"
#include "feature_system.h"
#include "ridge.h"
#include "vectors.h"
#include "work.h"

namespace fm::linalg {
namespace {

constexpr int kDirect = 4096;
constexpr double kResidual = 1e-10;
constexpr const char* kName = "fm_matrix_feature_weights";

struct FeatureBuffers {
  FeatureSystem::Buffers system;
  double *residual, *direction, *image, *preconditioned;
  FeatureBuffers(Arena& arena, int64_t m, int64_t n, int64_t k) : system(arena, m, n, k) {
    for (double** vector : {&residual, &direction, &image, &preconditioned}) *vector = arena.take<double>(k);
  }
};

// ||M w - s||
double distance(const FeatureSystem& system, const double* w, const double* s, double* image) {
  system.apply(w, image);
  combine(1.0, s, -1.0, image, system.size());
  return std::sqrt(dot(image, image, system.size()));
}

void solve_directly(const FeatureSystem& system, double ridge, double* w, double* diagonal) {
  const int k = system.size();
  bool is_zero = false;
  factor_with_ridge(kName, system.matrix(), k, k, ridge, diagonal, is_zero);
  if (is_zero) {
    std::fill_n(w, k, 0.0);
    return;
  }
  blas().dtrsm("L", "L", "N", "N", k, 1, 1.0, system.matrix(), k, w, k);
  blas().dtrsm("L", "L", "T", "N", k, 1, 1.0, system.matrix(), k, w, k);
  for (int64_t j = 0; j < k; ++j) system.matrix()[j * k + j] = diagonal[j];
}

// (M + shift I) w = s from w = 0, with the diagonal as preconditioner; features of zeros get no weight.
void solve_by_gradients(const FeatureSystem& system, double shift, const double* s, double* w,
                        const FeatureBuffers& buffers) {
  const int k = system.size();
  double *r = buffers.residual, *d = buffers.direction, *y = buffers.image, *z = buffers.preconditioned;
  std::copy_n(s, k, r);
  std::fill_n(w, k, 0.0);
  const double enough = kResidual * std::sqrt(dot(s, s, k));
  double product = 0;
  for (int64_t step = 0; step < int64_t{10} * k && std::sqrt(dot(r, r, k)) > enough; ++step) {
    for (int i = 0; i < k; ++i) {
      const double scale_of = system.diagonal()[i] + shift;
      z[i] = scale_of > 0 ? r[i] / scale_of : 0;
    }
    const double next = dot(r, z, k);
    if (!(next > 0)) return;
    if (step == 0) {
      std::copy_n(z, k, d);
    } else {
      combine(1.0, z, next / product, d, k);
    }
    product = next;
    system.apply(d, y);
    combine(shift, d, 1.0, y, k);
    const double curvature = dot(d, y, k);
    if (!(curvature > 0)) return;
    combine(product / curvature, d, 1.0, w, k);
    combine(-product / curvature, y, 1.0, r, k);
  }
}

}  // namespace

int64_t feature_weights_work(int64_t m, int64_t n, int64_t k) { return bytes_of<FeatureBuffers>(m, n, k); }

}  // namespace fm::linalg

fm_status fm_matrix_feature_weights(fm_arena* arena, const fm_matrix* u, const fm_matrix* v, const double* s,
                                    double ridge, double* w, double* residual, fm_error* error) {
  using namespace fm::linalg;
  return guarded_call(kName, error, [&] {
    if (!arena || !s || !w) refuse(FM_INVALID_ARGUMENT, "%s: no arena, s or w", kName);
    check_matrix("fm_matrix_feature_weights: u", u, FM_F32);
    check_matrix("fm_matrix_feature_weights: v", v, FM_F32);
    check_matrix("fm_matrix_feature_weights: v", v, FM_F32, v->rows, u->columns);
    if (!(ridge >= 0 && ridge <= 1))
      refuse(FM_INVALID_ARGUMENT, "%s: ridge is %g, 0 to 1 is accepted", kName, ridge);
    check_finite("fm_matrix_feature_weights: u", *u);
    check_finite("fm_matrix_feature_weights: v", *v);
    const int64_t k = u->columns;
    if (!std::all_of(s, s + k, [](double x) { return std::isfinite(x); }))
      refuse(FM_INVALID_ARGUMENT, "%s: s has a NaN or an Inf", kName);
    Session session(*arena);
    Scope scope(*arena);
    FeatureBuffers buffers(*arena, u->rows, v->rows, k);
    const FeatureSystem system(*u, *v, buffers.system);
    if (k <= kDirect) {
      std::copy_n(s, k, w);
      solve_directly(system, ridge, w, buffers.residual);
    } else {
      solve_by_gradients(system, ridge * system.mean_diagonal(), s, w, buffers);
    }
    const double length = std::sqrt(dot(s, s, k));
    if (residual) *residual = length > 0 ? distance(system, w, s, buffers.image) / length : 0;
  });
}
