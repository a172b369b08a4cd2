// chunk_walk.h - cuts a chunk into blocks over which all side values are constant, and prepares each block.
#ifndef FASTMERGE_CPU_CHUNK_WALK_H
#define FASTMERGE_CPU_CHUNK_WALK_H
#include "arena.h"
#include "isa/target_table.h"
#include "program.h"
#include "run_check.h"

namespace fm {

// A block never crosses a row, the index of a cut or the end of an array's period, so uniforms and thresholds
// are constant over it and arrays are contiguous. Inputs with NaN or Inf are replaced by copies in which NaN
// has one payload, so that a program's result cannot depend on which operand's payload a processor passes
// on, or in which both are zero.
// All pointers are advanced to the block's element 0.
class ChunkWalk {
 public:
  static constexpr int32_t kBlock = 4096;

  const void** inputs = nullptr;  // single inputs, then model inputs
  void** outputs = nullptr;
  const float* uniforms = nullptr;
  uint32_t* thresholds = nullptr;    // of cut c and model k: within iff magnitude bits >= the threshold
  const uint32_t** masks = nullptr;  // of random mask r and model k: masks, or words of RANDOM_KEEP_AT
  const float** arrays = nullptr;    // arrays, then those of each model array
  int64_t first = 0;                 // tensor index of element 0

  ChunkWalk(const fm_program& program, fm_run& run, Pass pass, const TargetTable& table);

  void plan(Arena& arena) const;
  void take(Arena& arena);

  // Calls body(count) for each block of the chunk's elements [begin, end), in order. The inputs are looked at
  // after the body has brought them into the cache; where one is not finite the body runs again, over copies,
  // so it must be repeatable.
  template <class Body>
  void over(int64_t begin, int64_t end, Body&& body) {
    for (int32_t count; begin < end; begin += count) {
      count = prepare(begin, end);
      body(count);
      if (clean(count)) body(count);
      finish(begin, count);
    }
  }

  // The same for a body that must run once: the inputs are looked at before.
  template <class Body>
  void over_clean(int64_t begin, int64_t end, Body&& body) {
    for (int32_t count; begin < end; begin += count) {
      count = prepare(begin, end);
      clean(count);
      body(count);
    }
  }

  // The same over the inputs as they are, for a caller that asks are_finite afterwards.
  template <class Body>
  void over_raw(int64_t begin, int64_t end, Body&& body) {
    for (int32_t count; begin < end; begin += count) body(count = prepare(begin, end));
  }
  bool are_finite(int64_t begin, int64_t end) const;

 private:
  int32_t prepare(int64_t begin, int64_t end);
  int32_t length_of(int64_t begin, int64_t end) const;
  bool clean(int32_t count);
  bool clean_input(int32_t index, int32_t count);
  void prepare_cuts();
  void prepare_masks(int32_t count);
  void finish(int64_t begin, int32_t count);
  fm_buffer& input(int32_t index) const {
    return index < program_.single_inputs ? run_.single_inputs[index]
                                          : run_.model_inputs[index - program_.single_inputs];
  }
  template <class Entry>
  void for_entries(const std::vector<uint8_t>& uses, Entry&& entry) const;

  const fm_program& program_;
  fm_run& run_;
  const TargetTable& table_;
  const int32_t input_count_, output_count_;
  const int32_t block_;    // masks of several models want a smaller one
  const int64_t entries_;  // of a cut or random mask: K, at least 1
  const int64_t array_count_;
  char* sanitised_ = nullptr;
  uint32_t* mask_values_ = nullptr;
};

}  // namespace fm
#endif
