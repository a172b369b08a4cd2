#include "chunk_walk.h"

#include <algorithm>

namespace fm {
namespace {

constexpr int64_t kSanitisedBytes = ChunkWalk::kBlock * 8;
// A block of masks starts at a multiple of 64 elements of the tensor, so it needs one Philox block more.
constexpr int64_t kMaskValues = ChunkWalk::kBlock + kRandomBlock;

const void* advance(const void* p, int64_t bytes) { return static_cast<const char*>(p) + bytes; }

}  // namespace

ChunkWalk::ChunkWalk(const fm_program& program, fm_run& run, Pass pass, const TargetTable& table)
    : program_(program),
      run_(run),
      table_(table),
      input_count_(program.single_inputs + (program.model_inputs ? run.models : 0)),
      output_count_(pass == Pass::kMap ? program.outputs : 0),
      block_(program.randoms ? kBlock / 4 : kBlock),
      entries_(run.models > 0 ? run.models : 1),
      array_count_(program.array_count(run.models)) {}

void ChunkWalk::plan(Arena& arena) const {
  arena.plan<const void*>(input_count_);
  arena.plan<void*>(output_count_);
  arena.plan<uint32_t>(program_.cuts * entries_);
  arena.plan<const uint32_t*>(program_.randoms * entries_);
  arena.plan<const float*>(array_count_);
  arena.plan<char>(input_count_ * kSanitisedBytes);
  arena.plan<uint32_t>(program_.randoms * entries_ * kMaskValues);
}

void ChunkWalk::take(Arena& arena) {
  inputs = arena.take<const void*>(input_count_);
  outputs = arena.take<void*>(output_count_);
  thresholds = arena.take<uint32_t>(program_.cuts * entries_);
  masks = arena.take<const uint32_t*>(program_.randoms * entries_);
  arrays = arena.take<const float*>(array_count_);
  sanitised_ = arena.take<char>(input_count_ * kSanitisedBytes);
  mask_values_ = arena.take<uint32_t>(program_.randoms * entries_ * kMaskValues);
}

// Calls entry(index) for the entries of cuts or random masks that some instruction uses.
template <class Entry>
void ChunkWalk::for_entries(const std::vector<uint8_t>& uses, Entry&& entry) const {
  for (size_t slot = 0; slot < uses.size(); ++slot) {
    const int64_t count = uses[slot] & 2 ? entries_ : uses[slot];
    for (int64_t k = 0; k < count; ++k) entry(static_cast<int64_t>(slot) * entries_ + k);
  }
}

int32_t ChunkWalk::length_of(int64_t begin, int64_t end) const {
  int64_t length = std::min<int64_t>(block_, end - begin);
  const int64_t at = run_.first_element + begin;
  if (run_.row_length) length = std::min(length, run_.row_length - at % run_.row_length);
  for_entries(program_.cut_uses, [&](int64_t i) {
    const int64_t index = run_.cuts[i].index;
    if (index > at && index - at < length) length = index - at;
  });
  for (int64_t i = 0; i < array_count_; ++i)
    if (const int64_t period = run_.arrays[i].period) length = std::min(length, period - at % period);
  return static_cast<int32_t>(length);
}

int32_t ChunkWalk::prepare(int64_t begin, int64_t end) {
  const int32_t count = length_of(begin, end);
  first = run_.first_element + begin;
  for (int32_t i = 0; i < input_count_; ++i)
    inputs[i] = advance(input(i).data, begin * size_of(input(i).dtype));
  for (int32_t o = 0; o < output_count_; ++o)
    outputs[o] = static_cast<char*>(run_.outputs[o].data) + begin * size_of(run_.outputs[o].dtype);
  uniforms = run_.uniforms;
  if (run_.row_length)
    uniforms += (first / run_.row_length - run_.first_element / run_.row_length) * run_.row_stride;
  for (int64_t i = 0; i < array_count_; ++i)
    arrays[i] = run_.arrays[i].data + (run_.arrays[i].period ? first % run_.arrays[i].period : begin);
  prepare_cuts();
  if (program_.randoms) prepare_masks(count);
  return count;
}

// Whether an input of the block was replaced by a clean copy.
bool ChunkWalk::clean(int32_t count) {
  bool replaced = false;
  for (int32_t i = 0; i < input_count_; ++i) replaced |= clean_input(i, count);
  return replaced;
}

bool ChunkWalk::clean_input(int32_t index, int32_t count) {
  fm_buffer& buffer = input(index);
  const int64_t found = table_.count_nonfinite[buffer.dtype](inputs[index], count);
  if (!found) return false;
  if (run_.flags & FM_FLAG_COUNT_NONFINITE) buffer.nonfinite += found;
  char* copy = sanitised_ + index * kSanitisedBytes;
  table_.sanitise[buffer.dtype](inputs[index], copy, count, run_.flags & FM_FLAG_ZERO_NONFINITE);
  inputs[index] = copy;
  return true;
}

bool ChunkWalk::are_finite(int64_t begin, int64_t end) const {
  for (int32_t i = 0; i < input_count_; ++i) {
    const fm_buffer& buffer = input(i);
    const void* data = advance(buffer.data, begin * size_of(buffer.dtype));
    if (table_.count_nonfinite[buffer.dtype](data, end - begin)) return false;
  }
  return true;
}

void ChunkWalk::prepare_cuts() {
  for_entries(program_.cut_uses, [&](int64_t i) {
    const fm_cut& cut = run_.cuts[i];
    const bool ties_within = first < cut.index;
    thresholds[i] = ties_within || cut.threshold == 0xffffffffu ? cut.threshold : cut.threshold + 1;
  });
}

void ChunkWalk::prepare_masks(int32_t count) {
  const int64_t lead = first % kRandomBlock;
  const int64_t blocks = (lead + count + kRandomBlock - 1) / kRandomBlock;
  for_entries(program_.random_uses, [&](int64_t i) {
    uint32_t* values = mask_values_ + i * kMaskValues;
    const bool words = program_.random_words[i / entries_] == 2;
    (words ? table_.random_words : table_.random_masks)(
        run_.randoms[i], static_cast<uint64_t>(first / kRandomBlock), blocks, values);
    masks[i] = values + lead;
  });
}

void ChunkWalk::finish(int64_t begin, int32_t count) {
  if (!(run_.flags & FM_FLAG_COUNT_NONFINITE)) return;
  for (int32_t o = 0; o < output_count_; ++o) {
    fm_buffer& buffer = run_.outputs[o];
    const void* written = advance(buffer.data, begin * size_of(buffer.dtype));
    buffer.nonfinite += table_.count_nonfinite[buffer.dtype](written, count);
  }
}

}  // namespace fm
