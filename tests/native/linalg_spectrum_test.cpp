// Spectrum, SVD, arena and library, against LAPACK's SVD in binary64 and against their own definitions.
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>

#include "linalg_data.h"

namespace {

using namespace linalg_data;

TEST(Blas, SaysWhatIsInUse) {
  fm_blas_info info{};
  info.struct_size = sizeof info;
  fm_error error;
  ASSERT_EQ(FM_OK, fm_blas_describe(&info, &error)) << error.text;
  EXPECT_STRNE("", info.library);
  EXPECT_STRNE("", info.version);
  EXPECT_STRNE("", info.core);
  if (const char* core = std::getenv("OPENBLAS_CORETYPE")) {
    EXPECT_NE(nullptr, std::strstr(info.ignored, core)) << info.ignored;
  }
}

TEST(Arena, TooSmallSaysBothNumbers) {
  fm_arena* arena = nullptr;
  fm_error error;
  ASSERT_EQ(FM_OK, fm_arena_create(1000, 1, &arena, &error));
  const Matrix<float> a = normals<float>(20, 10, 1);
  double s[10];
  fm_matrix view = a.view();
  ASSERT_EQ(FM_OUT_OF_MEMORY, fm_matrix_svd(arena, &view, nullptr, s, nullptr, &error));
  EXPECT_NE(nullptr, std::strstr(error.text, std::to_string(fm_matrix_work(FM_WORK_SVD, 20, 10, 4)).c_str()));
  EXPECT_NE(nullptr, std::strstr(error.text, "1000"));
  fm_arena_destroy(arena);
}

template <class T>
void check_svd(int64_t m, int64_t n) {
  const int64_t p = std::min(m, n);
  const Matrix<T> a = normals<T>(m, n, 7);
  Matrix<T> u(m, p, p + 3), v(n, p, p + 1);
  std::vector<double> s(p);
  const Arena arena(fm_matrix_work(FM_WORK_SVD, m, n, sizeof(T)));
  fm_matrix in = a.view(), left = u.view(), right = v.view();
  fm_error error;
  ASSERT_EQ(FM_OK, fm_matrix_svd(arena.get(), &in, &left, s.data(), &right, &error)) << error.text;
  const double tolerance = sizeof(T) == 4 ? 2e-5 : 1e-13;
  EXPECT_LT(difference(product(u, s, v), a), tolerance);
  for (int64_t k = 0; k < p; ++k) {
    if (k) {
      EXPECT_LE(s[k], s[k - 1]);
    }
    EXPECT_GT(largest_of_column(v, k), 0);
  }
  std::vector<double> values(p);
  ASSERT_EQ(FM_OK, fm_matrix_svd(arena.get(), &in, nullptr, values.data(), nullptr, &error)) << error.text;
  for (int64_t k = 0; k < p; ++k) EXPECT_NEAR(s[k], values[k], tolerance * s[0]);
}

TEST(Svd, IsTheMatrix) {
  for (const auto& [m, n] : {std::pair{40, 40}, {90, 30}, {30, 90}, {300, 20}, {1, 17}, {17, 1}, {1, 1}}) {
    check_svd<float>(m, n);
    check_svd<double>(m, n);
  }
}

}  // namespace
