// catalogue_part.cpp - one part (FM_CATALOGUE_PART) of the generated kernels for one level (FM_TARGET).
#include "target_table.h"

#if defined(FM_HAS_CATALOGUE)
#include "fm_catalogue.inl"
#else
static const fm_catalogue_entry fm_catalogue[] = {{0, 0, 0, 0, 0, nullptr}};
static const fm_i64 fm_catalogue_count = 0;
#endif

#define FM_JOIN2(a, b) a##b
#define FM_JOIN(a, b) FM_JOIN2(a, b)

namespace fm::FM_TARGET {
CataloguePart FM_JOIN(catalogue_part_, FM_CATALOGUE_PART)() { return {fm_catalogue, fm_catalogue_count}; }
}  // namespace fm::FM_TARGET
