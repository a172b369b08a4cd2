// signs.h - the sign of singular vectors.
#ifndef FASTMERGE_LINALG_SIGNS_H
#define FASTMERGE_LINALG_SIGNS_H
#include "fastmerge.h"

namespace fm::linalg {

// Flips the columns of v whose element of largest magnitude, of equal ones the first, is negative, and the
// same columns of u. Either may be null: without v nothing is flipped. F32 or F64, both alike.
void fix_signs(fm_matrix* u, fm_matrix* v);

}  // namespace fm::linalg
#endif
