#include "bench.h"

#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>

namespace spectral {
namespace {

float to_bf16(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, 4);
  bits = (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000;
  std::memcpy(&x, &bits, 4);
  return x;
}

}  // namespace

Matrix normals(int64_t m, int64_t n, uint64_t seed) {
  Matrix a(m, n);
  std::mt19937_64 generator(seed);
  std::normal_distribution<float> normal;
  for (float& x : a.data) x = normal(generator);
  return a;
}

Matrix task_vector(int64_t m, int64_t n, uint64_t seed) {
  constexpr int64_t rank = 32;
  const Matrix left = normals(m, rank, seed), right = normals(n, rank, seed + 1);
  Matrix a = normals(m, n, seed + 2);
  const Matrix base = normals(m, n, seed + 3);
  // The noise's largest singular value is 3e-4 (sqrt m + sqrt n); a column of left times one of right has
  // sqrt(m n).
  const double edge = 3e-4 * (std::sqrt(m) + std::sqrt(n)) / std::sqrt(static_cast<double>(m * n));
  float factor[rank];
  for (int k = 0; k < rank; ++k) factor[k] = static_cast<float>(15 * edge * std::pow(k + 1, -0.8));
  for (int64_t i = 0; i < m; ++i)
    for (int64_t j = 0; j < n; ++j) {
      float low = 0;
      for (int64_t k = 0; k < rank; ++k)
        low += factor[k] * left.data[i * rank + k] * right.data[j * rank + k];
      const float weight = to_bf16(0.02f * base.data[i * n + j]);
      a.data[i * n + j] = to_bf16(weight + low + 3e-4f * a.data[i * n + j]) - weight;
    }
  return a;
}

double cpu_seconds() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double measure(int times, const std::function<void()>& work) {
  double least = 1e30;
  for (int i = 0; i < times; ++i) {
    const double begin = cpu_seconds();
    work();
    least = std::min(least, cpu_seconds() - begin);
  }
  return least;
}

double difference(const Matrix& a, const Matrix& b) {
  double apart = 0, whole = 0;
  for (size_t i = 0; i < a.data.size(); ++i) {
    const double d = static_cast<double>(a.data[i]) - static_cast<double>(b.data[i]);
    apart += d * d;
    whole += static_cast<double>(b.data[i]) * static_cast<double>(b.data[i]);
  }
  return std::sqrt(apart / whole);
}

void check(fm_status status, const fm_error& error) {
  if (status == FM_OK) return;
  std::fprintf(stderr, "spectral: %s\n", error.text);
  std::exit(1);
}

std::string scientific(double x) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1e", x);
  return text;
}

}  // namespace spectral
