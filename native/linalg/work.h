// work.h - what fm_matrix_work asks: bytes of arena that a call takes, one function a kind, beside the call's
// code.
#ifndef FASTMERGE_LINALG_WORK_H
#define FASTMERGE_LINALG_WORK_H
#include <cstdint>

#include "arena.h"

namespace fm::linalg {

int64_t gram_work(int64_t m, int64_t n, int64_t of_rows);
int64_t solve_work(int64_t m, int64_t n, int64_t features);
int64_t feature_weights_work(int64_t m, int64_t n, int64_t features);
int64_t qr_work(int64_t m, int64_t n);
int64_t polar_work(int64_t m, int64_t n, int64_t mode);
int64_t subspace_work(int64_t m, int64_t n, int64_t k);
int64_t svd_work(int64_t m, int64_t n, int64_t element_bytes);
int64_t spectrum_work(int64_t m, int64_t n, int64_t count, bool precise);

// The bytes that a struct of buffers takes.
template <class Buffers, class... A>
int64_t bytes_of(const A&... arguments) {
  Arena counting;
  [[maybe_unused]] Buffers buffers(counting, arguments...);
  return counting.most();
}

}  // namespace fm::linalg
#endif
