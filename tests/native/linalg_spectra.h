// linalg_spectra.h - matrices that spectra are tested with, and a spectrum in an arena of its size.
#ifndef FASTMERGE_TESTS_LINALG_SPECTRA_H
#define FASTMERGE_TESTS_LINALG_SPECTRA_H
#include "linalg_data.h"

namespace linalg_data {

struct Case {
  const char* name;
  Matrix<float> a;
};

inline std::vector<double> graded(int64_t count, double last) {
  std::vector<double> s(count);
  for (int64_t k = 0; k < count; ++k)
    s[k] = std::pow(last, static_cast<double>(k) / static_cast<double>(count - 1));
  return s;
}

inline Matrix<float> repeated_rows(int64_t m, int64_t n) {
  Matrix<float> a = normals<float>(m, n, 5);
  for (int64_t i = 1; i < m; i += 2)
    for (int64_t j = 0; j < n; ++j) a(i, j) = a(i - 1, j);
  return a;
}

inline Matrix<float> spike(int64_t m, int64_t n) {
  Matrix<float> a = normals<float>(m, n, 6);
  const Matrix<float> x = normals<float>(m, 1, 8), y = normals<float>(n, 1, 9);
  const double size = 1000 * norm(a) / (norm(x) * norm(y)) / std::sqrt(static_cast<double>(std::min(m, n)));
  for (int64_t i = 0; i < m; ++i)
    for (int64_t j = 0; j < n; ++j) a(i, j) += static_cast<float>(size * x(i, 0) * y(j, 0));
  return a;
}

inline Matrix<float> scaled(Matrix<float> a, float by) {
  for (float& x : a.data) x *= by;
  return a;
}

inline Matrix<float> identity(int64_t n) {
  Matrix<float> a(n, n);
  for (int64_t i = 0; i < n; ++i) a(i, i) = 1;
  return a;
}

inline std::vector<Case> cases() {
  return {{"square", normals<float>(70, 70, 1)},
          {"tall", normals<float>(150, 40, 2)},
          {"wide", normals<float>(40, 150, 3)},
          {"very tall", normals<float>(2500, 20, 4)},
          {"very wide", normals<float>(20, 2500, 4)},
          {"rank 5", with_values(60, 50, {5, 4, 3, 2, 1}, 11)},
          {"zero", Matrix<float>(30, 20)},
          {"row", normals<float>(1, 33, 12)},
          {"column", normals<float>(33, 1, 13)},
          {"one", normals<float>(1, 1, 14)},
          {"repeated rows", repeated_rows(64, 48)},
          {"spike", spike(80, 60)},
          {"graded", with_values(64, 64, graded(64, 1e-7), 15)},
          {"equal values", with_values(50, 50, std::vector<double>(50, 2.0), 16)},
          {"identity", identity(40)},
          {"tiny", scaled(normals<float>(40, 30, 17), 1e-33f)},
          {"huge", scaled(normals<float>(30, 40, 18), 1e33f)}};
}

// A spectrum in an arena of exactly the bytes that are foretold for vectors up to k.
class Handle {
 public:
  Handle(const Matrix<float>& a, int precise, int64_t k, int threads = 1)
      : arena_(fm_matrix_work(precise ? FM_WORK_SPECTRUM : FM_WORK_SPECTRUM_F32, a.rows, a.columns, k),
               threads) {
    const fm_matrix in = a.view();
    fm_error error;
    EXPECT_EQ(FM_OK, fm_spectrum_create(arena_.get(), &in, precise, &spectrum_, &error)) << error.text;
  }
  ~Handle() { fm_spectrum_destroy(spectrum_); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  std::vector<double> values(int64_t count) const {
    std::vector<double> s(count);
    fm_error error;
    EXPECT_EQ(FM_OK, fm_spectrum_values(spectrum_, s.data(), count, &error)) << error.text;
    return s;
  }
  void vectors(int64_t k, Matrix<float>* u, Matrix<float>* v) {
    fm_matrix left = u ? u->view() : fm_matrix{}, right = v ? v->view() : fm_matrix{};
    fm_error error;
    EXPECT_EQ(FM_OK, fm_spectrum_vectors(spectrum_, k, u ? &left : nullptr, v ? &right : nullptr, &error))
        << error.text;
  }
  void project(int64_t k, double scale, Matrix<float>& b) {
    fm_matrix out = b.view();
    fm_error error;
    EXPECT_EQ(FM_OK, fm_spectrum_project(spectrum_, k, scale, &out, &error)) << error.text;
  }

 private:
  Arena arena_;
  fm_spectrum* spectrum_ = nullptr;
};

inline int64_t small_side(const Matrix<float>& a) { return std::min(a.rows, a.columns); }

}  // namespace linalg_data
#endif
