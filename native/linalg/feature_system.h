// feature_system.h - the matrix G o H of rank-one features u_k v_k^T, with G = u^T u and H = v^T v, and
// products with it. Up to kStored features it is formed, which takes 8 K^2 bytes (2 GiB at the most) and K^2
// (m + n) operations once, 2 K^2 a product. Above, a product is the diagonal of u^T (u diag(w) v^T) v: 4 m n
// K operations.
#ifndef FASTMERGE_LINALG_FEATURE_SYSTEM_H
#define FASTMERGE_LINALG_FEATURE_SYSTEM_H
#include "arena.h"
#include "fastmerge.h"

namespace fm::linalg {

class FeatureSystem {
 public:
  static constexpr int kStored = 16384;

  struct Buffers {
    double *matrix, *diagonal;    // K x K, or u diag(w) v^T of m x n
    double *left, *right, *tile;  // kColumns columns of u or v, and what is made of them
    Buffers(Arena& arena, int64_t m, int64_t n, int64_t k);
  };

  FeatureSystem(const fm_matrix& u, const fm_matrix& v, const Buffers& buffers);

  int size() const { return k_; }
  bool is_stored() const { return k_ <= kStored; }
  // The matrix, both triangles.
  double* matrix() const { return buffers_.matrix; }
  const double* diagonal() const { return buffers_.diagonal; }
  double mean_diagonal() const;
  // y = (G o H) w
  void apply(const double* w, double* y) const;

 private:
  static constexpr int kColumns = 512;
  void form_tile(int i, int rows, int j, int columns) const;
  void apply_implicitly(const double* w, double* y) const;

  const fm_matrix &u_, &v_;
  const Buffers& buffers_;
  int k_;
};

}  // namespace fm::linalg
#endif
