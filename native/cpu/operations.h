// operations.h - what each operation of a program takes and gives: the table the checker goes by.
#ifndef FASTMERGE_CPU_OPERATIONS_H
#define FASTMERGE_CPU_OPERATIONS_H
#include <cstdint>
#include <cstdio>

#include "fastmerge.h"

namespace fm {

enum class Kind : uint8_t {
  kNone,
  kValue,     // a register, uniform, model uniform or literal
  kRegister,  // a register that is no mask
  kMask,      // a mask register
  kPerModel   // a register with one value per model, read outside loops
};

enum class Place : uint8_t { kAnywhere, kLoop, kOutside };

struct Operation {
  uint32_t op;
  const char* name;
  Kind result;
  Kind operands[3];
  Place place;
};

// The operation of a code, or null.
const Operation* find_operation(uint32_t op);

}  // namespace fm
#endif
