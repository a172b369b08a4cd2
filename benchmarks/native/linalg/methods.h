// methods.h - merge methods on whole matrices, made of the library's calls as the engine makes them.
#ifndef FASTMERGE_BENCH_LINALG_METHODS_H
#define FASTMERGE_BENCH_LINALG_METHODS_H
#include "bench.h"

namespace spectral {

// The rank that keeps `eta` of the sum of the values, and those in `out`, not scaled.
int64_t star(fm_arena* arena, const Matrix& a, int precise, double eta, Matrix& out);
void values_only(fm_arena* arena, const Matrix& a, int precise);

// out = mean(s) U V^T.
void iso_c(fm_arena* arena, const Matrix& a, int exact, Matrix& out);

// The leading 1/T of each task's triplets, in binary64 where `precise` (the engine's way); out = polar(U) S
// polar(V)^T of their concatenations.
void tsv_m(fm_arena* arena, const std::vector<Matrix>& tasks, int precise, Matrix& out);

// 80 % common directions of the sum, the others from each task's part outside of them; isotropic.
void iso_cts(fm_arena* arena, const std::vector<Matrix>& tasks, int precise, Matrix& out);

// The k leading triplets by two power steps.
void extract(fm_arena* arena, const Matrix& a, int64_t k, Matrix& u, std::vector<double>& s, Matrix& v);

// Singular triplets of left right^T (m x r, n x r) by QR of both factors.
void factor_spectrum(fm_arena* arena, const Matrix& left, const Matrix& right, Matrix& u,
                     std::vector<double>& s, Matrix& v);

// Bytes of arena that all of them need.
int64_t work(int64_t m, int64_t n);

}  // namespace spectral
#endif
