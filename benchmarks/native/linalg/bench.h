// bench.h - what the rows of the spectral bench share: matrices, CPU time, errors, the table.
#ifndef FASTMERGE_BENCH_LINALG_H
#define FASTMERGE_BENCH_LINALG_H
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "fastmerge.h"

namespace spectral {

struct Matrix {
  int64_t rows, columns;
  std::vector<float> data;

  Matrix(int64_t m, int64_t n) : rows(m), columns(n), data(m * n) {}
  fm_matrix view() const { return {const_cast<float*>(data.data()), rows, columns, columns, FM_F32, 0}; }
};

// A task vector as fine-tuning leaves it: bf16(W + L + N) - W with W ~ N(0, 0.02^2) in bf16, L of rank 32
// with falling singular values well above the noise's, N of 3e-4.
Matrix task_vector(int64_t m, int64_t n, uint64_t seed);
Matrix normals(int64_t m, int64_t n, uint64_t seed);

// CPU seconds of the process, all threads.
double cpu_seconds();

// Runs what is to be measured and returns its CPU seconds, the least of `times` runs.
double measure(int times, const std::function<void()>& work);

// ||a - b||_F / ||b||_F
double difference(const Matrix& a, const Matrix& b);

// Ends the program with the text of an error.
void check(fm_status status, const fm_error& error);

// What the rows of a shape run on.
struct Bench {
  fm_arena* arena;
  int times;
  bool reference;  // compare with dgesdd, which takes a while
};

std::string scientific(double x);

}  // namespace spectral
#endif
