// catalogue_types.h - the generated kernels' interface for code that runs none of them itself.
#ifndef FASTMERGE_CPU_ISA_CATALOGUE_TYPES_H
#define FASTMERGE_CPU_ISA_CATALOGUE_TYPES_H
#include "fm_prims.h"
//
#include "catalogue.h"
#endif
