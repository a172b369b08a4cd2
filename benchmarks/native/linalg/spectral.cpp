// spectral.cpp - fm_bench_spectral: matrix calls next to LAPACK's SVD in the same process, as a Markdown
// table of CPU seconds. fm_bench_spectral [--threads N] [--times N] [--reference] [ROWSxCOLUMNS ...]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "bench.h"

namespace {

using namespace spectral;

struct Star {
  std::vector<double> values;
  int64_t rank;
};

// STAR of one matrix: values, the rank that keeps 40 % of their sum, the rest scaled up.
Star star(const Bench& bench, const Matrix& a, int precise, Matrix& out) {
  fm_error error;
  fm_spectrum* spectrum;
  const fm_matrix in = a.view();
  fm_matrix to = out.view();
  Star result{std::vector<double>(std::min(a.rows, a.columns)), 0};
  check(fm_spectrum_create(bench.arena, &in, precise, &spectrum, &error), error);
  check(
      fm_spectrum_values(spectrum, result.values.data(), static_cast<int64_t>(result.values.size()), &error),
      error);
  result.rank = star_rank(result.values, 0.4);
  check(fm_spectrum_project(spectrum, result.rank, 1, &to, &error), error);
  fm_spectrum_destroy(spectrum);
  return result;
}

void values_only(const Bench& bench, const Matrix& a, int precise) {
  fm_error error;
  fm_spectrum* spectrum;
  const fm_matrix in = a.view();
  check(fm_spectrum_create(bench.arena, &in, precise, &spectrum, &error), error);
  fm_spectrum_destroy(spectrum);
}

// The r leading triplets of LAPACK's SVD, multiplied out in binary64.
template <class T>
Matrix truncated(const Bench& bench, const Matrix& a, int64_t r) {
  const int64_t p = std::min(a.rows, a.columns), m = a.rows, n = a.columns;
  const int32_t dtype = sizeof(T) == 8 ? FM_F64 : FM_F32;
  std::vector<T> copy(a.data.begin(), a.data.end()), u(m * p), v(n * p);
  std::vector<double> s(p);
  const fm_matrix in{copy.data(), m, n, n, dtype, 0};
  fm_matrix left{u.data(), m, p, p, dtype, 0}, right{v.data(), n, p, p, dtype, 0};
  fm_error error;
  check(fm_matrix_svd(bench.arena, &in, &left, s.data(), &right, &error), error);
  Matrix b(m, n);
  std::vector<double> sum(n);
  for (int64_t i = 0; i < m; ++i) {
    std::fill(sum.begin(), sum.end(), 0.0);
    for (int64_t j = 0; j < n; ++j)
      for (int64_t k = 0; k < r; ++k)
        sum[j] += static_cast<double>(u[i * p + k]) * s[k] * static_cast<double>(v[j * p + k]);
    std::copy(sum.begin(), sum.end(), b.data.begin() + i * n);
  }
  return b;
}

void run_shape(const Bench& bench, int64_t m, int64_t n) {
  const Matrix a = task_vector(m, n, 1);
  Matrix b(m, n), exact(m, n);
  const int64_t p = std::min(m, n);
  Matrix u(m, p), v(n, p);
  std::vector<double> s(p);
  const fm_matrix in = a.view();
  fm_matrix left = u.view(), right = v.view();
  fm_error error;
  const double gesdd = measure(
      bench.times, [&] { check(fm_matrix_svd(bench.arena, &in, &left, s.data(), &right, &error), error); });
  Star precise, single;
  const double star64 = measure(bench.times, [&] { precise = star(bench, a, 1, exact); });
  const double star32 = measure(bench.times, [&] { single = star(bench, a, 0, b); });
  const double values64 = measure(bench.times, [&] { values_only(bench, a, 1); });
  const double values32 = measure(bench.times, [&] { values_only(bench, a, 0); });
  const std::string shape = std::to_string(m) + " x " + std::to_string(n);
  std::string error64 = "", error32 = scientific(difference(b, exact)) + " to binary64", gesdd_error = "";
  if (bench.reference) {
    const Matrix best = truncated<double>(bench, a, precise.rank);
    error64 = scientific(difference(exact, best));
    error32 = scientific(difference(b, best));
    gesdd_error = scientific(difference(truncated<float>(bench, a, precise.rank), best));
  }
  const auto ranks = [](const Star& x) { return " (r = " + std::to_string(x.rank) + ")"; };
  row((shape + ", gesdd, all vectors").c_str(), gesdd, gesdd, gesdd_error);
  row((shape + ", STAR, binary32").c_str(), star32, gesdd, error32 + ranks(single));
  row((shape + ", STAR, binary64").c_str(), star64, gesdd, error64 + ranks(precise));
  row((shape + ", values, binary32").c_str(), values32, gesdd, "");
  row((shape + ", values, binary64").c_str(), values64, gesdd, "");
}

void print_head(int threads) {
  fm_blas_info info{};
  info.struct_size = sizeof info;
  fm_error error;
  check(fm_blas_describe(&info, &error), error);
  std::printf("OpenBLAS %s, kernels %s%s, %d thread%s, %s; ignored: %s\n\n", info.version, info.core,
              info.is_forced ? " (forced)" : "", threads, threads == 1 ? "" : "s", info.library,
              info.ignored[0] ? info.ignored : "nothing");
  std::printf("| what | CPU s | gesdd / this | error |\n|---|---|---|---|\n");
}

}  // namespace

int main(int argc, char** argv) {
  int threads = 1;
  Bench bench{nullptr, 3, false};
  std::vector<std::pair<int64_t, int64_t>> shapes;
  for (int i = 1; i < argc; ++i) {
    if (!std::strcmp(argv[i], "--threads") && i + 1 < argc) {
      threads = std::atoi(argv[++i]);
    } else if (!std::strcmp(argv[i], "--times") && i + 1 < argc) {
      bench.times = std::atoi(argv[++i]);
    } else if (!std::strcmp(argv[i], "--reference")) {
      bench.reference = true;
    } else {
      char* end;
      const int64_t m = std::strtoll(argv[i], &end, 10);
      const int64_t n = *end == 'x' ? std::strtoll(end + 1, &end, 10) : 0;
      if (m < 1 || n < 1 || *end) {
        std::fprintf(stderr,
                     "usage: fm_bench_spectral [--threads N] [--times N] [--reference] [ROWSxCOLUMNS ...]\n");
        return 2;
      }
      shapes.emplace_back(m, n);
    }
  }
  if (shapes.empty()) shapes = {{1024, 1024}, {2048, 2048}, {4096, 4096}, {4096, 1024}, {5632, 2048}};
  print_head(threads);
  for (const auto& [m, n] : shapes) {
    fm_error error;
    int64_t capacity = 0;
    for (const int32_t work : {FM_WORK_SVD, FM_WORK_SPECTRUM})
      capacity = std::max(capacity, fm_matrix_work(work, m, n, work == FM_WORK_SVD ? 8 : std::min(m, n) / 2));
    check(fm_arena_create(capacity, threads, &bench.arena, &error), error);
    run_shape(bench, m, n);
    fm_arena_destroy(bench.arena);
  }
}
