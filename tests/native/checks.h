// checks.h - the comparisons of the library with the oracle, for the tests and for fm_selftest.
#ifndef FASTMERGE_TESTS_CHECKS_H
#define FASTMERGE_TESTS_CHECKS_H
#include <memory>
#include <string>
#include <vector>

#include "run_data.h"

struct fm_program_words {
  const char* name;
  const uint32_t* words;
  int64_t count;
};

namespace fm_test {

struct CatalogueProgram {
  std::string name;
  std::vector<uint32_t> words;
};

// The programs that have generated kernels; empty where the build has none.
const std::vector<CatalogueProgram>& catalogue();

struct ProgramDeleter {
  void operator()(fm_program* p) const { fm_program_destroy(p); }
};
using Program = std::unique_ptr<fm_program, ProgramDeleter>;

// The program, or null with the error's text in *problem.
Program create(const std::vector<uint32_t>& words, std::string* problem);

// Runs a Map program on every target, interpreted and by its generated kernel if there is one, and compares
// outputs and counts with the oracle. Gives "" or what differs.
std::string check_map(const std::vector<uint32_t>& words, const Shape& shape, uint32_t flags, uint32_t seed);

// The same on a device.
std::string check_device_map(fm_device* device, const std::vector<uint32_t>& words, const Shape& shape,
                             uint32_t flags, uint32_t seed);

// The same for reductions.
std::string check_reduce(const std::vector<uint32_t>& words, const Shape& shape, uint32_t seed);

}  // namespace fm_test
#endif
