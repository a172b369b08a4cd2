// spectral.cpp - fm_bench_spectral: merge methods on whole matrices next to LAPACK's SVD in the same process,
// as a Markdown table of CPU seconds.
//   fm_bench_spectral [--threads N] [--times N] [--reference] [ROWSxCOLUMNS ...]
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "methods.h"

namespace {

using namespace spectral;

constexpr int64_t kTasks = 4;

// LAPACK's singular value decomposition.
template <class T>
struct Decomposition {
  int64_t m, n, p;
  std::vector<T> copy, u, v;
  std::vector<double> s;

  explicit Decomposition(const Matrix& a)
      : m(a.rows),
        n(a.columns),
        p(std::min(m, n)),
        copy(a.data.begin(), a.data.end()),
        u(m * p),
        v(n * p),
        s(p) {}
  static fm_matrix view(std::vector<T>& data, int64_t rows, int64_t columns, int64_t stride) {
    return {data.data(), rows, columns, stride, sizeof(T) == 8 ? FM_F64 : FM_F32, 0};
  }
  void find(fm_arena* arena) {
    const fm_matrix in = view(copy, m, n, n);
    fm_matrix left = view(u, m, p, p), right = view(v, n, p, p);
    fm_error error;
    check(fm_matrix_svd(arena, &in, &left, s.data(), &right, &error), error);
  }
  // The sum over the leading `count` directions of f(s_k) u_k v_k^T.
  template <class F>
  Matrix sum(fm_arena* arena, int64_t count, const F& f) {
    std::vector<T> scaled = u, product(m * n);
    std::vector<double> by(p);
    std::transform(s.begin(), s.end(), by.begin(), f);
    fm_matrix left = view(scaled, m, count, p), right = view(v, n, count, p), to = view(product, m, n, n);
    fm_error error;
    check(fm_matrix_scale(&left, nullptr, by.data(), &error), error);
    check(fm_matrix_multiply(arena, 1, &left, 0, &right, 1, 0, &to, &error), error);
    Matrix result(m, n);
    std::copy(product.begin(), product.end(), result.data.begin());
    return result;
  }
  Matrix truncated(fm_arena* arena, int64_t r) {
    return sum(arena, r, [](double x) { return x; });
  }
  Matrix isotropic(fm_arena* arena) {
    double total = 0;
    for (const double x : s) total += x;
    return sum(arena, p, [&](double) { return total / static_cast<double>(p); });
  }
};

void print_row(const std::string& shape, const char* name, double seconds, double reference,
               const std::string& error) {
  std::printf("| %s | %s | %.4g | %.4g | %.1f | %s |\n", shape.c_str(), name, seconds, reference,
              reference / seconds, error.c_str());
  std::fflush(stdout);
}

struct Shape {
  const Bench& bench;
  const Matrix a;
  const std::string name;
  double gesdd = 0;

  Shape(const Bench& bench_, int64_t m, int64_t n)
      : bench(bench_), a(task_vector(m, n, 1)), name(std::to_string(m) + " x " + std::to_string(n)) {}
  void row(const char* what, double seconds, int svds, const std::string& error) const {
    print_row(name, what, seconds, svds * gesdd, error);
  }
  double time(const std::function<void()>& run) const { return measure(bench.times, run); }

  void singles() {
    fm_arena* arena = bench.arena;
    Matrix kept32(a.rows, a.columns), kept64(a.rows, a.columns), iso(a.rows, a.columns),
        iso64(a.rows, a.columns);
    int64_t r32 = 0, r64 = 0;
    Decomposition<float> svd(a);
    gesdd = time([&] { svd.find(arena); });
    const double single = time([&] { r32 = star(arena, a, 0, 0.4, kept32); });
    const double precise = time([&] { r64 = star(arena, a, 1, 0.4, kept64); });
    const double polar = time([&] { iso_c(arena, a, 0, iso); });
    const double polar64 = measure(1, [&] { iso_c(arena, a, 1, iso64); });
    Matrix best_kept = kept64, best_iso = iso64;
    if (bench.reference) {
      Decomposition<double> exact(a);
      exact.find(arena);
      best_kept = exact.truncated(arena, r64);
      best_iso = exact.isotropic(arena);
    }
    const std::string of = bench.reference ? "" : ", to binary64's";
    const auto kept_error = [&](const Matrix& x, int64_t r) {
      return scientific(difference(x, best_kept)) + of + ", r = " + std::to_string(r);
    };
    row("gesdd, truncated as STAR", gesdd, 1, kept_error(svd.truncated(arena, r64), r64));
    row("STAR", single, 1, kept_error(kept32, r32));
    row("STAR, binary64", precise, 1,
        bench.reference ? kept_error(kept64, r64) : "r = " + std::to_string(r64));
    row("values", time([&] { values_only(arena, a, 0); }), 1, "");
    row("values, binary64", time([&] { values_only(arena, a, 1); }), 1, "");
    row("gesdd, made isotropic as Iso-C", gesdd, 1,
        scientific(difference(svd.isotropic(arena), best_iso)) + of);
    row("Iso-C", polar, 1, scientific(difference(iso, best_iso)) + of);
    row("Iso-C, exact", polar64, 1, bench.reference ? scientific(difference(iso64, best_iso)) : "");
  }

  // Next to the SVDs that the definitions of the methods have, of tasks, of concatenated vectors, of the sum:
  // 6 and 7.
  void merges() const {
    std::vector<Matrix> tasks;
    for (int64_t t = 0; t < kTasks; ++t) tasks.push_back(task_vector(a.rows, a.columns, 10 * t + 1));
    Matrix precise(a.rows, a.columns), single(a.rows, a.columns);
    const auto rows = [&](const std::string& what, int svds, const auto& merge) {
      const double slow = time([&] { merge(bench.arena, tasks, 1, precise); });
      const double fast = time([&] { merge(bench.arena, tasks, 0, single); });
      row((what + " of 4 tasks").c_str(), slow, svds, "");
      row((what + " of 4 tasks, spectra in binary32").c_str(), fast, svds,
          scientific(difference(single, precise)) + ", to binary64's");
    };
    rows("TSV-M", 6, tsv_m);
    rows("Iso-CTS", 7, iso_cts);
  }

  void low_rank() const {
    const int64_t m = a.rows, n = a.columns;
    Matrix u(m, 16), v(n, 16);
    std::vector<double> s(16), all(std::min(m, n));
    const double subspace = time([&] { extract(bench.arena, a, 16, u, s, v); });
    fm_spectrum* spectrum;
    fm_error error;
    const fm_matrix in = a.view();
    check(fm_spectrum_create(bench.arena, &in, 1, &spectrum, &error), error);
    check(fm_spectrum_values(spectrum, all.data(), std::min(m, n), &error), error);
    fm_spectrum_destroy(spectrum);
    double energy = 0, best = 0, found = 0;
    for (const double x : all) energy += x * x;
    for (int i = 0; i < 16; ++i) best += all[i] * all[i], found += s[i] * s[i];
    const double ratio = std::sqrt((energy - found) / (energy - best));
    row("16 leading triplets", subspace, 1, "rest " + scientific(ratio - 1) + " above the least");
    for (const int64_t r : {16, 64}) {
      const Matrix left = normals(m, r, 3), right = normals(n, r, 4);
      Matrix x(m, r), y(n, r);
      std::vector<double> values(r);
      const double seconds = measure(10, [&] { factor_spectrum(bench.arena, left, right, x, values, y); });
      row(("SVD of factors of rank " + std::to_string(r)).c_str(), seconds, 1, "");
    }
  }
};

void print_head(int threads) {
  fm_blas_info info{};
  info.struct_size = sizeof info;
  fm_error error;
  check(fm_blas_describe(&info, &error), error);
  std::printf("OpenBLAS %s, kernels %s%s, %d thread%s, %s; ignored: %s\n\n", info.version, info.core,
              info.is_forced ? " (forced)" : "", threads, threads == 1 ? "" : "s", info.library,
              info.ignored[0] ? info.ignored : "nothing");
  std::printf(
      "| matrix | what | CPU s | by gesdd, CPU s | times faster | error |\n|---|---|---|---|---|---|\n");
}

bool parse(int argc, char** argv, int& threads, Bench& bench,
           std::vector<std::pair<int64_t, int64_t>>& shapes) {
  for (int i = 1; i < argc; ++i) {
    const auto number = [&](const char* name, int& value) {
      return !std::strcmp(argv[i], name) && i + 1 < argc && (value = std::atoi(argv[++i])) > 0;
    };
    if (number("--threads", threads) || number("--times", bench.times)) continue;
    if (!std::strcmp(argv[i], "--reference")) {
      bench.reference = true;
      continue;
    }
    char* end;
    const int64_t m = std::strtoll(argv[i], &end, 10);
    const int64_t n = *end == 'x' ? std::strtoll(end + 1, &end, 10) : 0;
    if (m < 64 || n < 64 || *end) return false;
    shapes.emplace_back(m, n);
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  int threads = 1;
  Bench bench{nullptr, 3, false};
  std::vector<std::pair<int64_t, int64_t>> shapes;
  if (!parse(argc, argv, threads, bench, shapes)) {
    std::fprintf(
        stderr,
        "usage: fm_bench_spectral [--threads N] [--times N] [--reference] [ROWSxCOLUMNS ...]\n"
        "  --reference  errors are to LAPACK's SVD in binary64, which takes three times as long as gesdd\n"
        "  sides of at least 64; without shapes: 1024x1024 2048x2048 4096x4096 4096x1024 5632x2048\n");
    return 2;
  }
  if (shapes.empty()) shapes = {{1024, 1024}, {2048, 2048}, {4096, 4096}, {4096, 1024}, {5632, 2048}};
  print_head(threads);
  for (const auto& [m, n] : shapes) {
    fm_error error;
    check(fm_arena_create(work(m, n), threads, &bench.arena, &error), error);
    Shape shape(bench, m, n);
    shape.singles();
    if (m == n) shape.merges();
    shape.low_rank();
    fm_arena_destroy(bench.arena);
  }
}
