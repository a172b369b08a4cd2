// catalogue_types.h - the generated kernels' interface for code that runs none of them itself.
#ifndef FASTMERGE_CPU_ISA_CATALOGUE_TYPES_H
#define FASTMERGE_CPU_ISA_CATALOGUE_TYPES_H
#include "fm_prims.h"
//
#include "catalogue.h"

namespace fm {

struct CataloguePart {
  const fm_catalogue_entry* entries;  // ascending by program
  fm_i64 count;
};

}  // namespace fm
#endif
