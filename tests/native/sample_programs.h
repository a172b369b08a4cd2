// sample_programs.h - programs that between them use every operation in every form.
#ifndef FASTMERGE_TESTS_SAMPLE_PROGRAMS_H
#define FASTMERGE_TESTS_SAMPLE_PROGRAMS_H
#include <string>
#include <vector>

#include "program_builder.h"

namespace fm_test {

struct SampleProgram {
  std::string name;
  std::vector<uint32_t> words;
};

// Input to output.
std::vector<uint32_t> copy_program();

// One Map program for each operation and each form of its operands.
std::vector<SampleProgram> operation_programs();

// Programs with reduction sinks.
std::vector<SampleProgram> reduction_programs();

}  // namespace fm_test
#endif
