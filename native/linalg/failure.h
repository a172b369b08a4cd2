// failure.h - failures by the names that linalg has them under.
#ifndef FASTMERGE_LINALG_FAILURE_H
#define FASTMERGE_LINALG_FAILURE_H
#include "cpu/failure.h"

namespace fm::linalg {

using fm::Failure;
using fm::guarded_call;
using fm::refuse;

}  // namespace fm::linalg
#endif
