// select_programs.h - the two programs that selections mostly run, and runs of them.
#ifndef FASTMERGE_TESTS_SELECT_PROGRAMS_H
#define FASTMERGE_TESTS_SELECT_PROGRAMS_H
#include <bit>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "fastmerge.h"

namespace select_programs {

struct Destroy {
  void operator()(fm_program* program) const { fm_program_destroy(program); }
  void operator()(fm_select* select) const { fm_select_destroy(select); }
};
using Program = std::unique_ptr<fm_program, Destroy>;

inline Program compile(std::vector<uint32_t> kinds, bool models, std::vector<uint32_t> instructions) {
  std::vector<uint32_t> words = {FM_PROGRAM_MAGIC,
                                 1,
                                 static_cast<uint32_t>(instructions.size() / FM_INSTRUCTION_WORDS),
                                 static_cast<uint32_t>(kinds.size()),
                                 1,
                                 models ? 1u : 0u,
                                 0,
                                 0,
                                 0,
                                 0,
                                 0,
                                 0,
                                 0,
                                 1,
                                 0,
                                 0};
  words.insert(words.end(), kinds.begin(), kinds.end());
  words.insert(words.end(), instructions.begin(), instructions.end());
  fm_program* program = nullptr;
  fm_program_create(words.data(), static_cast<int64_t>(words.size()), &program, nullptr);
  return Program(program);
}

constexpr uint32_t none = FM_NO_OPERAND;

/// Histogram of |single 0|.
inline Program magnitudes() {
  return compile({0}, false,
                 {FM_OP_LOAD_SINGLE, 0, none, none, none, 0,  //
                  FM_OP_HISTOGRAM, 0, 0, none, none, 0});
}

/// Histogram of |model - single 0| for each model.
inline Program differences() {
  return compile({0, 1, 1}, true, {FM_OP_LOAD_SINGLE, 0, none, none, none, 0,  //
                                   FM_OP_FOR_MODELS,  0, none, none, none, 0,  //
                                   FM_OP_LOAD_MODEL,  1, none, none, none, 0,  //
                                   FM_OP_SUB,         2, 1,    0,    none, 0,  //
                                   FM_OP_HISTOGRAM,   0, 2,    none, none, 0,  //
                                   FM_OP_END_MODELS,  0, none, none, none, 0});
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
