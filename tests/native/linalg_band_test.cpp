// The two stages of the tridiagonal reduction, small enough to be checked product by product.
#include <gtest/gtest.h>

#include "linalg/band.h"
#include "linalg/reduction.h"
#include "linalg_data.h"

namespace {

using namespace linalg_data;
using fm::linalg::Session;

template <class T>
void check_reduction(int64_t n, int64_t band, int threads) {
  SCOPED_TRACE(std::to_string(n) + " with band " + std::to_string(band));
  const Matrix<T> a = normals<T>(n, n, 31);
  Matrix<T> g(n, n), symmetric(n, n);  // by columns; lower triangle
  for (int64_t j = 0; j < n; ++j)
    for (int64_t i = 0; i < n; ++i) {
      symmetric(j, i) = a(i, j) + a(j, i);
      g(j, i) = i >= j ? symmetric(j, i) : T{0};
    }
  fm::linalg::Arena arena(
      std::max({fm::linalg::reduce_to_band_work<T>(n, band), fm::linalg::chase_bulges_work<T>(n, band),
                fm::linalg::apply_first_stage_work<T>(n, band, n),
                fm::linalg::apply_second_stage_work<T>(n, band, n)}),
      threads);
  const Session session(arena);
  std::vector<T> tau(n);
  std::vector<double> d(n), e(n);
  fm::linalg::reduce_to_band(arena, n, band, g.data.data(), tau.data());
  fm::linalg::chase_bulges(arena, n, band, g.data.data(), d.data(), e.data());
  // Q: by columns, so that its rows here are the columns of Q.
  Matrix<T> q(n, n);
  for (int64_t i = 0; i < n; ++i) q(i, i) = 1;
  fm::linalg::apply_second_stage(arena, n, band, g.data.data(), n, q.data.data());
  fm::linalg::apply_first_stage(arena, n, band, g.data.data(), tau.data(), n, q.data.data());
  double apart = 0, off = 0;
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j < n; ++j) {
      double tridiagonal = 0, one = 0;  // (Q^T G Q)_ij, (Q^T Q)_ij
      for (int64_t k = 0; k < n; ++k) {
        double product = 0;
        for (int64_t l = 0; l < n; ++l) product += static_cast<double>(symmetric(k, l)) * q(j, l);
        tridiagonal += q(i, k) * product;
        one += static_cast<double>(q(i, k)) * q(j, k);
      }
      const double wanted = i == j ? d[i] : std::abs(i - j) == 1 ? e[std::min(i, j)] : 0;
      apart = std::max(apart, std::abs(tridiagonal - wanted));
      off = std::max(off, std::abs(one - (i == j)));
    }
  const double epsilon = sizeof(T) == 4 ? 1e-6 : 1e-14;
  EXPECT_LT(apart, 30 * epsilon * norm(symmetric));
  EXPECT_LT(off, 30 * epsilon);
}

TEST(Band, ReductionIsASimilarity) {
  for (const int threads : {1, 2})
    for (const auto& [n, band] :
         {std::pair{9, 8}, {10, 8}, {40, 8}, {67, 8}, {90, 16}, {130, 64}, {70, 3}, {3, 2}}) {
      check_reduction<float>(n, band, threads);
      check_reduction<double>(n, band, threads);
    }
}

}  // namespace
