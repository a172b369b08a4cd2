// program.h - an element program that was checked, and where its registers live.
#ifndef FASTMERGE_CPU_PROGRAM_H
#define FASTMERGE_CPU_PROGRAM_H
#include <cstdint>
#include <vector>

#include "fastmerge.h"
#include "isa/target_table.h"

namespace fm {

struct Instruction {
  uint32_t op, destination, a, b, c, immediate;
  uint32_t d = FM_NO_OPERAND;  // of fused operations
};

// Whether an operation of a program folds a value over the models; is_fold knows fused ones too.
constexpr bool is_model_fold(uint32_t op) { return op >= FM_OP_SUM_MODELS && op <= FM_OP_MAX_MODELS; }
constexpr bool is_fold(uint32_t op) {
  return is_model_fold(op) || op == kAgreesSelectSum || op == kMultiplySum;
}
constexpr bool writes_register(uint32_t op) {
  return (op >= FM_OP_LOAD_SINGLE && op < FM_OP_STORE) || op >= kLoadSubtract;
}
constexpr bool is_register(uint32_t word) { return word >> 24 == FM_OPERAND_REGISTER; }

constexpr uint32_t operand_kind(uint32_t word) { return word >> 24; }
constexpr uint32_t operand_index(uint32_t word) { return word & 0xffffff; }

struct Register {
  bool per_model = false;
  bool mask = false;
  bool array = false;  // one tile for each model: its value crosses from one loop to another
  int32_t slot = -1;   // which tile, or which array of K tiles
};

// Where a sink's values lie: inside a loop it has one for each model.
struct Sink {
  bool fed = false;
  bool per_model = false;
  bool gram = false;
  bool maximum = false;
};

}  // namespace fm

struct fm_program {
  std::vector<fm::Instruction> source;  // as it was written
  std::vector<fm::Instruction> code;    // joined where operations can be
  std::vector<fm::Register> registers;
  std::vector<float> literals;
  std::vector<fm::Sink> reductions;
  std::vector<fm::Sink> histograms;
  std::vector<uint8_t> cut_uses;      // bit 0: outside loops, bit 1: inside
  std::vector<uint8_t> random_uses;   // the same
  std::vector<uint8_t> random_words;  // 1: a mask of RANDOM_KEEP, 2: words for RANDOM_KEEP_AT
  uint64_t hash = 0;                  // FNV-1a 64 over the words as little-endian bytes
  int32_t single_inputs = 0, uniforms = 0, model_uniforms = 0, cuts = 0, randoms = 0, outputs = 0;
  int32_t arrays = 0, model_arrays = 0;
  bool model_inputs = false;
  int32_t tile_slots = 0, array_slots = 0;

  int32_t uniform_count(int32_t models) const { return uniforms + model_uniforms * models; }
  int64_t array_count(int32_t models) const { return arrays + int64_t{model_arrays} * models; }
  int64_t reduction_values(int32_t sink, int32_t models) const;
  int64_t reduction_count(int32_t models) const;
};
#endif
