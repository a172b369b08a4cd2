// band.h - the two stages of a tridiagonal reduction: to a band of kBand, by products of matrices; to a
// tridiagonal matrix, by chasing bulges down the band.
#ifndef FASTMERGE_LINALG_BAND_H
#define FASTMERGE_LINALG_BAND_H
#include "arena.h"

namespace fm::linalg {

// G = Q1 B Q1^T with B of `band` diagonals below the main one. g has G's lower triangle, by columns, and gets
// B's band and below it the vectors of Q1's reflectors, whose factors tau (n) gets. The upper triangle is not
// touched.
template <class T>
void reduce_to_band(Arena& arena, int64_t n, int64_t band, T* g, T* tau);
template <class T>
int64_t reduce_to_band_work(int64_t n, int64_t band);

// z = Q1 z, n x count by columns.
template <class T>
void apply_first_stage(Arena& arena, int64_t n, int64_t band, const T* g, const T* tau, int64_t count, T* z);
template <class T>
int64_t apply_first_stage_work(int64_t n, int64_t band, int64_t count);

// B = Q2 T Q2^T. The reflectors of sweep j, which has n - 1 - j numbers, are put into the upper triangle of
// g, in column n - 1 - j, one after another, each with its factor in the place of its leading 1.
template <class T>
void chase_bulges(Arena& arena, int64_t n, int64_t band, T* g, double* d, double* e);
template <class T>
int64_t chase_bulges_work(int64_t n, int64_t band);

// z = Q2 z, n x count by columns. With several threads each takes columns of its own: the bits are the same.
template <class T>
void apply_second_stage(Arena& arena, int64_t n, int64_t band, const T* g, int64_t count, T* z);
template <class T>
int64_t apply_second_stage_work(int64_t n, int64_t band, int64_t count);

}  // namespace fm::linalg
#endif
