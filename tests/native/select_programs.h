// select_programs.h - the two programs that selections mostly run, and runs of them.
#ifndef FASTMERGE_TESTS_SELECT_PROGRAMS_H
#define FASTMERGE_TESTS_SELECT_PROGRAMS_H
#include <bit>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "fastmerge.h"
#include "program_builder.h"

namespace select_programs {

struct Destroy {
  void operator()(fm_program* program) const { fm_program_destroy(program); }
  void operator()(fm_select* select) const { fm_select_destroy(select); }
};
using Program = std::unique_ptr<fm_program, Destroy>;

inline Program compile(const fm_test::ProgramBuilder& builder) {
  auto words = builder.words();
  fm_program* program = nullptr;
  fm_program_create(words.data(), static_cast<int64_t>(words.size()), &program, nullptr);
  return Program(program);
}

/// Histogram of |single 0|.
inline Program magnitudes() {
  fm_test::ProgramBuilder builder;
  builder.histogram(builder.load_single());
  return compile(builder);
}

/// Histogram of |model - single 0| for each model.
inline Program differences() {
  fm_test::ProgramBuilder builder;
  uint32_t single = builder.load_single();
  builder.begin_loop();
  builder.histogram(builder.add(FM_OP_SUB, builder.load_model(), single));
  builder.end_loop();
  return compile(builder);
}

inline int64_t element_size(int32_t dtype) {
  constexpr int64_t sizes[] = {4, 2, 2, 8, 1, 1};
  return sizes[dtype];
}

/// A run over a chunk of whole tensors.
struct ChunkRun {
  fm_buffer single = {};
  std::vector<fm_buffer> models;
  fm_run run = {};

  ChunkRun(const void* base, const std::vector<const void*>& model_data, int32_t dtype, int64_t first,
           int64_t count) {
    auto at = [&](const void* data) {
      auto* bytes = static_cast<const char*>(data) + first * element_size(dtype);
      return fm_buffer{const_cast<char*>(bytes), dtype, 0, 0};
    };
    single = at(base);
    for (const void* data : model_data) models.push_back(at(data));
    run.struct_size = sizeof run;
    run.models = static_cast<int32_t>(models.size());
    run.first_element = first;
    run.element_count = count;
    run.single_inputs = &single;
    run.model_inputs = models.data();
  }
  ChunkRun(const ChunkRun&) = delete;
  ChunkRun& operator=(const ChunkRun&) = delete;
};

}  // namespace select_programs
#endif
