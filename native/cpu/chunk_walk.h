// chunk_walk.h - cuts a chunk into blocks over which all side values are constant, and prepares each block.
#ifndef FASTMERGE_CPU_CHUNK_WALK_H
#define FASTMERGE_CPU_CHUNK_WALK_H
#include "arena.h"
#include "isa/target_table.h"
#include "program.h"
#include "run_check.h"

namespace fm {

// A block never crosses a row or the index of a cut, so uniforms and thresholds are constant over it. Its
// inputs are finite-checked before anybody reads them: NaN gets one payload, or NaN and Inf become zero.
// All pointers are advanced to the block's element 0.
class ChunkWalk {
 public:
  static constexpr int32_t kBlock = 2048;

  const void** inputs = nullptr;  // single inputs, then model inputs
  void** outputs = nullptr;
  const float* uniforms = nullptr;
  uint32_t* thresholds = nullptr;    // of cut c and model k: within iff magnitude bits >= the threshold
  const uint32_t** masks = nullptr;  // of random mask r and model k
  int64_t first = 0;                 // tensor index of element 0

  ChunkWalk(const fm_program& program, fm_run& run, Pass pass, const TargetTable& table);

  void plan(Arena& arena) const;
  void take(Arena& arena);

  // Calls body(count) for each block of the chunk's elements [begin, end), in order.
  template <class Body>
  void over(int64_t begin, int64_t end, Body&& body) {
    while (begin < end) {
      const int32_t count = prepare(begin, end);
      body(count);
      finish(begin, count);
      begin += count;
    }
  }

 private:
  int32_t prepare(int64_t begin, int64_t end);
  int32_t length_of(int64_t begin, int64_t end) const;
  void prepare_input(int32_t input, int64_t begin, int32_t count);
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
  const int64_t entries_;  // of a cut or random mask: K, at least 1
  char* sanitised_ = nullptr;
  uint32_t* mask_values_ = nullptr;
};

}  // namespace fm
#endif
