/* The header compiles as C99 without extensions, and a C program can link to the library. */
#include "fastmerge.h"

#include <string.h>

int main(void) {
  fm_error error;
  fm_run run;
  fm_program* program = 0;
  uint32_t words[16] = {FM_PROGRAM_MAGIC, 1};
  memset(&run, 0, sizeof run);
  run.struct_size = (int32_t)sizeof run;
  if (fm_abi_version() != FM_ABI_VERSION) return 1;
  if (fm_hash64("abc", 3) != 0x78af5f94892f3950u) return 2;
  words[0] = 0;
  if (fm_program_create(words, 16, &program, &error) != FM_INVALID_ARGUMENT) return 3;
  return FM_OPERAND(FM_OPERAND_UNIFORM, 2) == 0x01000002u ? 0 : 4;
}
