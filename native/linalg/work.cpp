#include "work.h"

int64_t fm_matrix_work(int32_t work, int64_t m, int64_t n, int64_t count) {
  using namespace fm::linalg;
  if (m < 1 || n < 1 || count < 0) return 0;
  switch (work) {
    case FM_WORK_SVD: return svd_work(m, n, count);
    default: return 0;
  }
}
