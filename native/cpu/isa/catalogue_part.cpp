// catalogue_part.cpp - one part (FM_CATALOGUE_PART) of the generated kernels for one level (FM_TARGET).
#include "catalogue_types.h"

#if defined(FM_HAS_CATALOGUE)
#include "fm_catalogue.inl"
#else
static const fm_catalogue_entry fm_catalogue[] = {{0, 0, 0, 0, 0, nullptr}};
static const fm_i64 fm_catalogue_count = 0;
#endif

namespace fm::FM_TARGET {
template <int Part>
CataloguePart catalogue_part();

template <>
CataloguePart catalogue_part<FM_CATALOGUE_PART>() {
  return {fm_catalogue, fm_catalogue_count};
}
}  // namespace fm::FM_TARGET
