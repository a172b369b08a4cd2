// program_builder.h - writes the words of element programs.
#ifndef FASTMERGE_TESTS_PROGRAM_BUILDER_H
#define FASTMERGE_TESTS_PROGRAM_BUILDER_H
#include <cstdint>
#include <cstring>
#include <vector>

#include "fastmerge.h"

namespace fm_test {

constexpr uint32_t kNone = FM_NO_OPERAND;

class ProgramBuilder {
 public:
  uint32_t singles = 0, models = 0, uniforms = 0, model_uniforms = 0, cuts = 0, randoms = 0, arrays = 0,
           model_arrays = 0;

  uint32_t literal(float value) {
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    literals_.push_back(bits);
    return FM_OPERAND(FM_OPERAND_LITERAL, literals_.size() - 1);
  }
  uint32_t uniform() { return FM_OPERAND(FM_OPERAND_UNIFORM, uniforms++); }
  uint32_t model_uniform() { return FM_OPERAND(FM_OPERAND_MODEL_UNIFORM, model_uniforms++); }

  void begin_loop() { emit(FM_OP_FOR_MODELS), in_loop_ = true; }
  void end_loop() { emit(FM_OP_END_MODELS), in_loop_ = false; }

  // Appends an operation with a result and returns its register as an operand.
  uint32_t add(uint32_t op, uint32_t a = kNone, uint32_t b = kNone, uint32_t c = kNone,
               uint32_t immediate = 0) {
    const bool mask = (op >= FM_OP_LESS && op <= FM_OP_NOT) || op == FM_OP_AGREES;
    kinds_.push_back((in_loop_ && !(op >= FM_OP_SUM_MODELS && op <= FM_OP_MAX_MODELS) ? 1u : 0u) |
                     (mask ? 2u : 0u));
    const uint32_t index = static_cast<uint32_t>(kinds_.size()) - 1;
    emit(op, index, a, b, c, immediate);
    return FM_OPERAND(FM_OPERAND_REGISTER, index);
  }
  uint32_t load_single(uint32_t input = 0) {
    if (singles <= input) singles = input + 1;
    return add(FM_OP_LOAD_SINGLE, kNone, kNone, kNone, input);
  }
  uint32_t load_model() {
    models = 1;
    return add(FM_OP_LOAD_MODEL);
  }
  uint32_t load_array() { return add(FM_OP_LOAD_ARRAY, kNone, kNone, kNone, arrays++); }
  uint32_t load_model_array() { return add(FM_OP_LOAD_MODEL_ARRAY, kNone, kNone, kNone, model_arrays++); }
  void store(uint32_t a, uint32_t output = 0) {
    emit(FM_OP_STORE, 0, a, kNone, kNone, output);
    if (outputs_ <= output) outputs_ = output + 1;
  }
  void reduce(uint32_t op, uint32_t a, uint32_t b = kNone) { emit(op, 0, a, b, kNone, reductions_++); }
  void histogram(uint32_t a) { emit(FM_OP_HISTOGRAM, 0, a, kNone, kNone, histograms_++); }

  void emit(uint32_t op, uint32_t destination = 0, uint32_t a = kNone, uint32_t b = kNone, uint32_t c = kNone,
            uint32_t immediate = 0) {
    for (const uint32_t word : {op, destination, a, b, c, immediate}) code_.push_back(word);
  }

  std::vector<uint32_t> words() const {
    std::vector<uint32_t> all = {FM_PROGRAM_MAGIC,
                                 1,
                                 static_cast<uint32_t>(code_.size() / FM_INSTRUCTION_WORDS),
                                 static_cast<uint32_t>(kinds_.size()),
                                 singles,
                                 models,
                                 uniforms,
                                 model_uniforms,
                                 cuts,
                                 randoms,
                                 static_cast<uint32_t>(literals_.size()),
                                 outputs_,
                                 reductions_,
                                 histograms_,
                                 arrays,
                                 model_arrays};
    for (const auto* part : {&kinds_, &literals_, &code_}) all.insert(all.end(), part->begin(), part->end());
    return all;
  }

 private:
  std::vector<uint32_t> kinds_, literals_, code_;
  uint32_t outputs_ = 0, reductions_ = 0, histograms_ = 0;
  bool in_loop_ = false;
};

}  // namespace fm_test
#endif
