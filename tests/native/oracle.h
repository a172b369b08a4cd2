// oracle.h - the meaning of element programs, written for one element at a time and without the library's
// code: what every kernel is compared with.
#ifndef FASTMERGE_TESTS_ORACLE_H
#define FASTMERGE_TESTS_ORACLE_H
#include <array>
#include <cstdint>
#include <vector>

#include "fastmerge.h"

namespace fm_test {

int64_t size_of(int32_t dtype);

// Conversions by arithmetic on binary64 values.
float decode(int32_t dtype, const void* element);
void encode(int32_t dtype, float value, void* element);
bool is_nonfinite(int32_t dtype, const void* element);

std::array<uint32_t, 4> philox(std::array<uint32_t, 4> counter, uint64_t key);
uint32_t random_word(const fm_random& random, int64_t element);
bool keeps(const fm_random& random, int64_t element);
// Whether an element is kept with a probability of its own.
bool keeps_at(uint32_t word, float probability);

// The same operations in the same order as the library's, with other means.
float exponential(float a);
float logarithm(float a);
float hyperbolic_tangent(float a);

// Values of one element's sinks, in sink order, and of its histogram entries.
struct Element {
  std::vector<std::vector<double>> reductions;
  std::vector<std::pair<int32_t, float>> histograms;
};

// Runs the program for element i of the chunk; writes the outputs where write is set.
Element run_element(const std::vector<uint32_t>& words, const fm_run& run, int64_t i, bool write);

// The sums fm_reduce_run has to give for the chunk's elements [begin, end), leaves counted from begin.
std::vector<double> reduce_range(const std::vector<uint32_t>& words, const fm_run& run, int64_t begin,
                                 int64_t end);

// The values fm_reduce_columns_run has to give for the whole chunk, which begins with element 0.
std::vector<double> reduce_columns(const std::vector<uint32_t>& words, const fm_run& run);

}  // namespace fm_test
#endif
