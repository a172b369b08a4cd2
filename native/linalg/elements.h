// elements.h - loops over contiguous numbers, vectorised for the machine at hand. No contraction, sums in a
// fixed order of 16 lanes: the same bits on every machine.
#ifndef FASTMERGE_LINALG_ELEMENTS_H
#define FASTMERGE_LINALG_ELEMENTS_H
#include <cstdint>

namespace fm::linalg {

void convert(const float* from, float* to, int64_t n);
void convert(const float* from, double* to, int64_t n);
void convert(const double* from, float* to, int64_t n);
void convert(const double* from, double* to, int64_t n);

// y = a x + b y, each term in the type of y, b y in it too; the mixed ones in binary64, rounded once.
void combine(double a, const float* x, double b, float* y, int64_t n);
void combine(double a, const double* x, double b, double* y, int64_t n);
void combine(double a, const double* x, double b, float* y, int64_t n);
void combine(double a, const float* x, double b, double* y, int64_t n);

// Sum of x_i y_i in binary64, products too.
double dot(const float* x, const float* y, int64_t n);
double dot(const float* x, const double* y, int64_t n);
double dot(const double* x, const double* y, int64_t n);
inline double dot(const double* x, const float* y, int64_t n) { return dot(y, x, n); }

// sums_i += x_i y_i in binary64.
void add_products(const float* x, const float* y, double* sums, int64_t n);
void add_products(const float* x, const double* y, double* sums, int64_t n);
void add_products(const double* x, const double* y, double* sums, int64_t n);
inline void add_products(const double* x, const float* y, double* sums, int64_t n) {
  add_products(y, x, sums, n);
}

// x_i *= factor, or factor * factors_i: the product of all in binary64.
void scale(float* x, double factor, int64_t n);
void scale(double* x, double factor, int64_t n);
void scale(float* x, double factor, const double* factors, int64_t n);
void scale(double* x, double factor, const double* factors, int64_t n);

// x_i *= y_i.
void multiply(double* x, const double* y, int64_t n);

// seen_i = 1 where x_i is not zero; others stay.
void note_nonzero(const float* x, uint8_t* seen, int64_t n);

// The strictly lower triangle of an n x n matrix by columns to the upper one, or back.
void lower_to_upper(double* g, int n, int64_t stride);
void lower_to_upper(float* g, int n, int64_t stride);
void upper_to_lower(double* g, int n, int64_t stride);

// to (columns x rows) = the transpose of from (rows x columns), both by rows.
void transpose(const float* from, int64_t from_stride, int rows, int columns, float* to, int64_t to_stride);
void transpose(const float* from, int64_t from_stride, int rows, int columns, double* to, int64_t to_stride);
void transpose(const double* from, int64_t from_stride, int rows, int columns, float* to, int64_t to_stride);
void transpose(const double* from, int64_t from_stride, int rows, int columns, double* to, int64_t to_stride);

}  // namespace fm::linalg
#endif
