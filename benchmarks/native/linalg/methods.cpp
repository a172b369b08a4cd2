#include "methods.h"

#include <algorithm>
#include <cmath>
#include <functional>

namespace spectral {
namespace {

constexpr int64_t kRank = 64;  // of factors, at most

// Columns first to first + count - 1.
fm_matrix columns(Matrix& a, int64_t first, int64_t count) {
  return {a.data.data() + first, a.rows, count, a.columns, FM_F32, 0};
}

void multiply(fm_arena* arena, double alpha, const fm_matrix& a, int transpose_a, const fm_matrix& b,
              int transpose_b, double beta, fm_matrix c) {
  fm_error error;
  check(fm_matrix_multiply(arena, alpha, &a, transpose_a, &b, transpose_b, beta, &c, &error), error);
}

double polar(fm_arena* arena, const fm_matrix& a, int exact, fm_matrix q) {
  fm_polar options{};
  options.struct_size = sizeof options;
  options.exact = exact;
  fm_error error;
  check(fm_matrix_polar(arena, &a, &options, &q, &error), error);
  return options.nuclear_norm;
}

class Spectrum {
 public:
  Spectrum(fm_arena* arena, const fm_matrix& a, int precise) : size_(std::min(a.rows, a.columns)) {
    fm_error error;
    check(fm_spectrum_create(arena, &a, precise, &handle_, &error), error);
  }
  ~Spectrum() { fm_spectrum_destroy(handle_); }
  Spectrum(const Spectrum&) = delete;
  Spectrum& operator=(const Spectrum&) = delete;

  std::vector<double> values() const {
    std::vector<double> s(size_);
    fm_error error;
    check(fm_spectrum_values(handle_, s.data(), size_, &error), error);
    return s;
  }
  void vectors(int64_t k, fm_matrix* u, fm_matrix* v) {
    fm_error error;
    check(fm_spectrum_vectors(handle_, k, u, v, &error), error);
  }
  void project(int64_t k, fm_matrix b) {
    fm_error error;
    check(fm_spectrum_project(handle_, k, 1, &b, &error), error);
  }

 private:
  int64_t size_;
  fm_spectrum* handle_ = nullptr;
};

void scale_columns(fm_matrix a, const double* by) {
  fm_error error;
  check(fm_matrix_scale(&a, nullptr, by, &error), error);
}

}  // namespace

int64_t star(fm_arena* arena, const Matrix& a, int precise, double eta, Matrix& out) {
  Spectrum spectrum(arena, a.view(), precise);
  const std::vector<double> s = spectrum.values();
  double total = 0, kept = 0;
  for (const double x : s) total += x;
  int64_t r = 0;
  while (r < static_cast<int64_t>(s.size()) && kept < eta * total) kept += s[r++];
  spectrum.project(r, out.view());
  return r;
}

void values_only(fm_arena* arena, const Matrix& a, int precise) {
  Spectrum(arena, a.view(), precise).values();
}

void iso_c(fm_arena* arena, const Matrix& a, int exact, Matrix& out) {
  const double nuclear = polar(arena, a.view(), exact, out.view());
  const std::vector<double> by(a.columns, nuclear / static_cast<double>(std::min(a.rows, a.columns)));
  scale_columns(out.view(), by.data());
}

void tsv_m(fm_arena* arena, const std::vector<Matrix>& tasks, int precise, Matrix& out) {
  const auto count = static_cast<int64_t>(tasks.size());
  const int64_t m = out.rows, n = out.columns, d = std::min(m, n) / count;
  Matrix u(m, d * count), v(n, d * count);
  std::vector<double> s;
  for (int64_t t = 0; t < count; ++t) {
    Spectrum spectrum(arena, tasks[t].view(), precise);
    const std::vector<double> values = spectrum.values();
    s.insert(s.end(), values.begin(), values.begin() + d);
    fm_matrix left = columns(u, t * d, d), right = columns(v, t * d, d);
    spectrum.vectors(d, &left, &right);
  }
  polar(arena, u.view(), 0, u.view());
  polar(arena, v.view(), 0, v.view());
  scale_columns(u.view(), s.data());
  multiply(arena, 1, u.view(), 0, v.view(), 1, 0, out.view());
}

void iso_cts(fm_arena* arena, const std::vector<Matrix>& tasks, int precise, Matrix& out) {
  const auto count = static_cast<int64_t>(tasks.size());
  const int64_t m = out.rows, n = out.columns, p = std::min(m, n);
  const int64_t d = (p - p * 4 / 5 + count / 2) / count, k = p - d * count;
  Matrix sum(m, n), all(m, p), u(m, p), v(n, p), outside(p - k, n), small(p - k, d);
  for (const Matrix& task : tasks)
    std::transform(sum.data.begin(), sum.data.end(), task.data.begin(), sum.data.begin(), std::plus<float>());
  double values_sum = 0;
  {
    Spectrum common(arena, sum.view(), precise);
    const std::vector<double> s = common.values();
    for (int64_t i = 0; i < k; ++i) values_sum += s[i];
    fm_matrix left = all.view(), right = v.view();
    common.vectors(p, &left, &right);
  }
  // What a task has outside of the common left vectors lives in the other ones: U_rest^T task.
  const fm_matrix rest = columns(all, k, p - k);
  for (int64_t t = 0; t < count; ++t) {
    multiply(arena, 1, rest, 1, tasks[t].view(), 0, 0, outside.view());
    Spectrum spectrum(arena, outside.view(), precise);
    const std::vector<double> s = spectrum.values();
    for (int64_t i = 0; i < d; ++i) values_sum += s[i];
    fm_matrix left = small.view(), right = columns(v, k + t * d, d);
    spectrum.vectors(d, &left, &right);
    multiply(arena, 1, rest, 0, small.view(), 0, 0, columns(u, k + t * d, d));
  }
  // The common left vectors are orthonormal and orthogonal to the others.
  for (int64_t i = 0; i < m; ++i) std::copy_n(all.data.begin() + i * p, k, u.data.begin() + i * p);
  polar(arena, columns(u, k, p - k), 0, columns(u, k, p - k));
  polar(arena, v.view(), 0, v.view());
  multiply(arena, values_sum / static_cast<double>(p), u.view(), 0, v.view(), 1, 0, out.view());
}

void extract(fm_arena* arena, const Matrix& a, int64_t k, Matrix& u, std::vector<double>& s, Matrix& v) {
  fm_error error;
  double energy;
  const fm_matrix in = a.view();
  fm_matrix left = u.view(), right = v.view();
  check(fm_matrix_subspace(arena, &in, k, 2, 1, &left, s.data(), &right, &energy, &error), error);
}

void factor_spectrum(fm_arena* arena, const Matrix& left, const Matrix& right, Matrix& u,
                     std::vector<double>& s, Matrix& v) {
  const int64_t r = left.columns;
  Matrix q1(left.rows, r), q2(right.rows, r), r1(r, r), r2(r, r), core(r, r), x(r, r), y(r, r);
  fm_error error;
  const fm_matrix a = left.view(), b = right.view();
  fm_matrix views[] = {q1.view(), r1.view(), q2.view(), r2.view(), core.view(), x.view(), y.view()};
  check(fm_matrix_qr(arena, &a, &views[0], &views[1], &error), error);
  check(fm_matrix_qr(arena, &b, &views[2], &views[3], &error), error);
  multiply(arena, 1, r1.view(), 0, r2.view(), 1, 0, core.view());
  check(fm_matrix_svd(arena, &views[4], &views[5], s.data(), &views[6], &error), error);
  multiply(arena, 1, q1.view(), 0, x.view(), 0, 0, u.view());
  multiply(arena, 1, q2.view(), 0, y.view(), 0, 0, v.view());
}

int64_t work(int64_t m, int64_t n) {
  const int64_t p = std::min(m, n);
  return std::max({fm_matrix_work(FM_WORK_SVD, m, n, 8), fm_matrix_work(FM_WORK_SPECTRUM, m, n, p),
                   fm_matrix_work(FM_WORK_SPECTRUM_F32, m, n, p), fm_matrix_work(FM_WORK_POLAR, m, n, 1),
                   fm_matrix_work(FM_WORK_SUBSPACE, m, n, 16), fm_matrix_work(FM_WORK_QR, m, kRank, 0),
                   fm_matrix_work(FM_WORK_QR, n, kRank, 0), fm_matrix_work(FM_WORK_SVD, kRank, kRank, 8)});
}

}  // namespace spectral
