#include "work.h"

int64_t fm_matrix_work(int32_t work, int64_t m, int64_t n, int64_t count) {
  using namespace fm::linalg;
  if (m < 1 || n < 1 || count < 0) return 0;
  switch (work) {
    case FM_WORK_GRAM: return gram_work(m, n, count);
    case FM_WORK_SOLVE: return solve_work(m, n, count);
    case FM_WORK_QR: return qr_work(m, n);
    case FM_WORK_POLAR: return polar_work(m, n, count);
    case FM_WORK_SPECTRUM: return spectrum_work(m, n, count, true);
    case FM_WORK_SPECTRUM_F32: return spectrum_work(m, n, count, false);
    case FM_WORK_SUBSPACE: return subspace_work(m, n, count);
    case FM_WORK_SVD: return svd_work(m, n, count);
    default: return 0;
  }
}
