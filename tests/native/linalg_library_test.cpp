// The library that is opened, arenas, and LAPACK's SVD.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "linalg_spectra.h"

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

// The library is opened once a process: each of these runs in a process of its own.
TEST(BlasDeathTest, NamedFileThatIsNoneIsUnsupported) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        setenv("FASTMERGE_BLAS", "/nowhere/libopenblas.so.0", 1);
        fm_blas_info info{};
        info.struct_size = sizeof info;
        fm_error error;
        const bool refused = fm_blas_describe(&info, &error) == FM_UNSUPPORTED;
        std::fputs(error.text, stderr);
        std::exit(refused ? 0 : 1);
      },
      testing::ExitedWithCode(0), "FASTMERGE_BLAS.*/nowhere/libopenblas.so.0");
}

#if defined(__x86_64__)
TEST(BlasDeathTest, CoreTypeIsForcedByOurVariableAlone) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        unsetenv("OPENBLAS_NUM_THREADS");
        setenv("OPENBLAS_CORETYPE", "Sandybridge", 1);
        setenv("FASTMERGE_BLAS_CORETYPE", "Nehalem", 1);
        fm_blas_info info{};
        info.struct_size = sizeof info;
        fm_error error;
        const bool described = fm_blas_describe(&info, &error) == FM_OK;
        const char* left = std::getenv("OPENBLAS_CORETYPE");
        const char* threads = std::getenv("OPENBLAS_NUM_THREADS");
        std::fprintf(stderr, "%s, forced %d, ignored %s, left %s, %s", info.core, info.is_forced,
                     info.ignored, left ? left : "nothing", threads ? threads : "no threads");
        std::exit(described ? 0 : 1);
      },
      testing::ExitedWithCode(0),
      "Nehalem, forced 1, ignored .*OPENBLAS_CORETYPE=Sandybridge.*, left Sandybridge, no threads");
}
#endif

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

TEST(Arena, OneThreadEachRunSideBySideWithTheSameBits) {
  const Matrix<float> a = normals<float>(200, 150, 27);
  Matrix<float> alone(200, 150);
  Handle(a, 1, 50).project(50, 1, alone);
  std::vector<Matrix<float>> found(8, Matrix<float>(200, 150));
  {
    std::vector<std::jthread> threads;
    for (size_t i = 0; i < found.size(); ++i)
      threads.emplace_back(
          [&, i] { Handle(a, 1, 50, 1 + static_cast<int>(i) % 2).project(50, 1, found[i]); });
  }
  for (size_t i = 0; i < found.size(); i += 2) EXPECT_EQ(alone.data, found[i].data);
  for (size_t i = 3; i < found.size(); i += 2) EXPECT_EQ(found[1].data, found[i].data);
}

TEST(Spectrum, SeveralShareAnArenaAndEndInAnyOrder) {
  const Matrix<float> a = normals<float>(40, 30, 25), b = normals<float>(30, 50, 26);
  const Arena arena(int64_t{4} << 20);
  const fm_matrix first = a.view(), second = b.view();
  fm_spectrum *one = nullptr, *two = nullptr, *three = nullptr;
  fm_error error;
  ASSERT_EQ(FM_OK, fm_spectrum_create(arena.get(), &first, 1, &one, &error));
  ASSERT_EQ(FM_OK, fm_spectrum_create(arena.get(), &second, 1, &two, &error));
  fm_spectrum_destroy(one);
  ASSERT_EQ(FM_OK, fm_spectrum_create(arena.get(), &first, 0, &three, &error));
  const Decomposition<double> whole = svd64(b);
  std::vector<double> s(30);
  ASSERT_EQ(FM_OK, fm_spectrum_values(two, s.data(), 30, &error));
  for (int k = 0; k < 30; ++k) EXPECT_NEAR(s[k], whole.s[k], 1e-7 * whole.s[0]);
  fm_spectrum_destroy(two);
  fm_spectrum_destroy(three);
}

}  // namespace
