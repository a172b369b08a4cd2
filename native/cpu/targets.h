// targets.h - choosing the instruction-set level at run time.
#ifndef FASTMERGE_CPU_TARGETS_H
#define FASTMERGE_CPU_TARGETS_H
#include "isa/target_table.h"

namespace fm {

// The table in use: the best one, or what FASTMERGE_TARGET or fm_target_select asks for.
fm_status current_target(const TargetTable** table, fm_error* error);

// The generated kernel for a program, models and dtypes, or null.
const fm_catalogue_entry* find_kernel(const TargetTable& table, uint64_t program, int32_t models,
                                      int32_t input, int32_t output);

}  // namespace fm
#endif
