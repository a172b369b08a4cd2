#include "program.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>

#include "errors.h"
#include "program_check.h"

int64_t fm_program::reduction_values(int32_t sink, int32_t models) const {
  const int64_t k = models;
  if (reductions[sink].gram) return k * (k + 1) / 2;
  return reductions[sink].per_model ? k : 1;
}

int64_t fm_program::reduction_count(int32_t models) const {
  int64_t count = 0;
  for (size_t sink = 0; sink < reductions.size(); ++sink)
    count += reduction_values(static_cast<int32_t>(sink), models);
  return count;
}

namespace fm {
namespace {

constexpr int kHeadWords = 16;
constexpr uint32_t kMostRegisters = 1 << 16;
constexpr uint32_t kMostSlots = 1 << 12;

uint64_t hash_words(const uint32_t* words, int64_t count) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (int64_t i = 0; i < count; ++i)
    for (int shift = 0; shift < 32; shift += 8) hash = (hash ^ (words[i] >> shift & 0xff)) * 0x100000001b3u;
  return hash;
}

// Checks the head; the counts it allows keep every later size far from overflow.
fm_status check_head(const uint32_t* words, int64_t word_count, fm_error* error) {
  if (!words || word_count < kHeadWords)
    return fail(error, FM_INVALID_ARGUMENT, "program: %lld words, at least %d are needed",
                static_cast<long long>(word_count), kHeadWords);
  if (words[0] != FM_PROGRAM_MAGIC || words[1] != 1)
    return fail(error, FM_INVALID_ARGUMENT, "program: magic %08x version %u, accepted are %08x and 1",
                words[0], words[1], FM_PROGRAM_MAGIC);
  const uint32_t limits[kHeadWords] = {
      ~0u,        1,          kMostRegisters, kMostRegisters, kMostSlots, 1,          kMostSlots, kMostSlots,
      kMostSlots, kMostSlots, kMostRegisters, kMostSlots,     kMostSlots, kMostSlots, kMostSlots, kMostSlots};
  for (int i = 2; i < kHeadWords; ++i)
    if (words[i] > limits[i])
      return fail(error, FM_INVALID_ARGUMENT, "program: word %d is %u, at most %u is accepted", i, words[i],
                  limits[i]);
  const int64_t needed =
      kHeadWords + int64_t{words[3]} + words[10] + int64_t{words[2]} * FM_INSTRUCTION_WORDS;
  if (word_count != needed)
    return fail(error, FM_INVALID_ARGUMENT, "program: %lld words, the counts in its head make %lld",
                static_cast<long long>(word_count), static_cast<long long>(needed));
  return FM_OK;
}

fm_status read_words(const uint32_t* words, int64_t word_count, fm_program& program, fm_error* error) {
  program.hash = hash_words(words, word_count);
  program.single_inputs = static_cast<int32_t>(words[4]);
  program.model_inputs = words[5] != 0;
  program.uniforms = static_cast<int32_t>(words[6]);
  program.model_uniforms = static_cast<int32_t>(words[7]);
  program.cuts = static_cast<int32_t>(words[8]);
  program.randoms = static_cast<int32_t>(words[9]);
  program.outputs = static_cast<int32_t>(words[11]);
  program.cut_uses.resize(words[8]);
  program.random_uses.resize(words[9]);
  program.random_words.resize(words[9]);
  program.arrays = static_cast<int32_t>(words[14]);
  program.model_arrays = static_cast<int32_t>(words[15]);
  program.reductions.resize(words[12]);
  program.histograms.resize(words[13]);
  program.registers.resize(words[3]);
  const uint32_t* at = words + kHeadWords;
  for (Register& r : program.registers) {
    if (*at > 3)
      return fail(error, FM_INVALID_ARGUMENT, "program: register %zu has kind %u, accepted are 0 to 3",
                  static_cast<size_t>(&r - program.registers.data()), *at);
    r.per_model = *at & 1;
    r.mask = *at++ & 2;
  }
  program.literals.resize(words[10]);
  if (words[10]) std::memcpy(program.literals.data(), at, words[10] * sizeof(float));
  at += words[10];
  program.code.resize(words[2]);
  for (Instruction& i : program.code) {
    i = {at[0], at[1], at[2], at[3], at[4], at[5], FM_NO_OPERAND};
    at += FM_INSTRUCTION_WORDS;
  }
  program.source = program.code;
  return FM_OK;
}

}  // namespace
}  // namespace fm

extern "C" {

fm_status fm_program_create(const uint32_t* words, int64_t word_count, fm_program** program,
                            fm_error* error) {
  if (!program) return fm::fail(error, FM_INVALID_ARGUMENT, "program: no place for the handle");
  *program = nullptr;
  fm_status status = fm::check_head(words, word_count, error);
  if (status) return status;
  try {
    auto made = std::make_unique<fm_program>();
    status = fm::read_words(words, word_count, *made, error);
    if (!status) status = fm::check_program(*made, error);
    if (status) return status;
    // A selection knows the shape of its program as it was written.
    if (made->histograms.empty()) fm::fuse_instructions(*made);
    fm::assign_slots(*made);
    *program = made.release();
    return fm::succeed(error);
  } catch (const std::bad_alloc&) {
    return fm::fail(error, FM_OUT_OF_MEMORY, "program: no memory for %lld words",
                    static_cast<long long>(word_count));
  }
}

void fm_program_destroy(fm_program* program) { delete program; }

fm_status fm_program_reductions(const fm_program* program, int32_t models, int64_t* count, fm_error* error) {
  if (!program || !count || models < 0 || models > FM_MODELS_LIMIT)
    return fm::fail(error, FM_INVALID_ARGUMENT, "reductions: a program and 0 to %d models are needed",
                    FM_MODELS_LIMIT);
  *count = program->reduction_count(models);
  return fm::succeed(error);
}

fm_status fm_program_maxima(const fm_program* program, int32_t models, uint8_t* maxima, int64_t count,
                            fm_error* error) {
  if (!program || models < 0 || models > FM_MODELS_LIMIT || count != program->reduction_count(models) ||
      (count && !maxima))
    return fm::fail(error, FM_INVALID_ARGUMENT, "maxima: a program, 0 to %d models and room are needed",
                    FM_MODELS_LIMIT);
  for (size_t sink = 0; sink < program->reductions.size(); ++sink) {
    const int64_t values = program->reduction_values(static_cast<int32_t>(sink), models);
    maxima = std::fill_n(maxima, values, program->reductions[sink].maximum);
  }
  return fm::succeed(error);
}

}  // extern "C"
