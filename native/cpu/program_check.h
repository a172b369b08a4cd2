// program_check.h - the rules of element programs, and where registers are kept.
#ifndef FASTMERGE_CPU_PROGRAM_CHECK_H
#define FASTMERGE_CPU_PROGRAM_CHECK_H
#include "program.h"

#define FM_MODELS_LIMIT 65535

namespace fm {

// Checks every instruction; fills the sinks, cut_uses and random_uses.
fm_status check_program(fm_program& program, fm_error* error);

// Joins instructions whose values nobody else reads, which spares the interpreter stores and loads. The
// program must have been checked.
void fuse_instructions(fm_program& program);

// Gives every register a tile, or one for each model where it crosses from one loop to another. Registers
// that do not live at the same time share one, so a program of thirty registers stays in the L1 cache.
void assign_slots(fm_program& program);

}  // namespace fm
#endif
