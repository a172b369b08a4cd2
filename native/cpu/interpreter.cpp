#include "interpreter.h"

#include <algorithm>

namespace fm {
namespace {

// What a fold over no models gives.
constexpr float kSumStart = -0.0f, kLargestStart = 0.0f, kMaximumStart = -__builtin_inff();

const float* start_of(uint32_t fold) {
  return fold == FM_OP_LARGEST_MODELS ? &kLargestStart
         : fold == FM_OP_MAX_MODELS   ? &kMaximumStart
                                      : &kSumStart;
}

constexpr int64_t kCacheLine = 64;

}  // namespace

Interpreter::Interpreter(const fm_program& program, const fm_run& run, Pass pass, const TargetTable& table,
                         const ChunkWalk& walk, TileSink* sink)
    : program_(program),
      run_(run),
      pass_(pass),
      table_(table),
      walk_(walk),
      models_(run.models),
      kernel_(program, run, table, walk),
      sink_call_{sink, &tile_first_} {}

int64_t Interpreter::operation_limit() const {
  int64_t count = 1;
  bool in_loop = false;
  for (const Instruction& i : program_.code) {
    if (pass_ == Pass::kColumns && i.op == FM_OP_REDUCE_GRAM) count += int64_t{models_} * (models_ + 1) / 2;
    if (i.op == FM_OP_FOR_MODELS || i.op == FM_OP_END_MODELS) in_loop = i.op == FM_OP_FOR_MODELS;
    count += in_loop ? std::max(models_, 1) : 1;
  }
  return count;
}

void Interpreter::plan(Arena& arena) const {
  arena.plan<TileOp>(operation_limit());
  arena.plan<float>(int64_t{program_.tile_slots} * kTile);
  arena.plan<float>(int64_t{program_.array_slots} * models_ * kTile);
  arena.plan<const float*>(program_.reductions.size() * models_);
  arena.plan<float>(program_.uniform_count(models_));
  arena.plan<Stream>(stream_limit());
  kernel_.plan(arena);
}

void Interpreter::take(Arena& arena) {
  operations_ = arena.take<TileOp>(operation_limit());
  tiles_ = arena.take<float>(int64_t{program_.tile_slots} * kTile);
  arrays_ = arena.take<float>(int64_t{program_.array_slots} * models_ * kTile);
  grams_ = arena.take<const float*>(program_.reductions.size() * models_);
  uniforms_ = arena.take<float>(program_.uniform_count(models_));
  streams_ = arena.take<Stream>(stream_limit());
  kernel_.take(arena, uniforms_);
}

void Interpreter::prepare() {
  count_ = 0;
  if (kernel_) operations_[count_++] = {SinkKernel::run, nullptr, nullptr, &kernel_, &offset_, nullptr, 0};
  for (size_t at = 0; at < program_.code.size(); ++at) {
    if (program_.code[at].op != FM_OP_FOR_MODELS) {
      add(program_.code[at], false, 0);
      continue;
    }
    size_t end = at + 1;
    while (program_.code[end].op != FM_OP_END_MODELS) ++end;
    add_loop(at + 1, end);
    at = end;
  }
  add_streams();
}

void Interpreter::add_streams() {
  const auto add = [&](const void* const* place, const fm_buffer* buffers, int32_t count) {
    for (int32_t i = 0; i < count; ++i) streams_[stream_count_++] = {place + i, size_of(buffers[i].dtype)};
  };
  add(walk_.inputs, run_.single_inputs, program_.single_inputs);
  add(walk_.inputs + program_.single_inputs, run_.model_inputs, program_.model_inputs ? models_ : 0);
  if (pass_ == Pass::kMap) add(walk_.outputs, run_.outputs, program_.outputs);
  int64_t bytes = 0;
  for (int64_t s = 0; s < stream_count_; ++s) bytes += streams_[s].size * kTile;
  lines_per_operation_ = bytes / kCacheLine / std::max<int64_t>(count_, 1) + 1;
}

void Interpreter::add_loop(size_t begin, size_t end) {
  for (int32_t k = 0; k < models_; ++k)
    for (size_t at = begin; at < end; ++at) add(program_.code[at], true, k);
  for (size_t at = begin; models_ == 0 && !kernel_ && at < end; ++at)
    if (is_fold(program_.code[at].op)) add_fold(program_.code[at], -1);
}

float* Interpreter::tile(uint32_t index, int32_t model) const {
  if (kernel_) return kernel_.tile(index, model);
  const Register& r = program_.registers[index];
  if (!r.array) return tiles_ + int64_t{r.slot} * kTile;
  return arrays_ + (int64_t{r.slot} * models_ + model) * kTile;
}

const void* Interpreter::operand(uint32_t word, int32_t model) const {
  if (word == FM_NO_OPERAND) return nullptr;
  const uint32_t index = operand_index(word);
  switch (operand_kind(word)) {
    case FM_OPERAND_REGISTER: return tile(index, model);
    case FM_OPERAND_UNIFORM: return uniforms_ + index;
    case FM_OPERAND_MODEL_UNIFORM: return uniforms_ + program_.uniforms + int64_t{index} * models_ + model;
    default: return program_.literals.data() + index;
  }
}

TileOp& Interpreter::push(const Instruction& i, int32_t model) {
  TileOp& op = operations_[count_++];
  const int variant = is_tile(i.a) | is_tile(i.b) << 1 | is_tile(i.c) << 2;
  op = {table_.operations[i.op][variant],
        nullptr,
        operand(i.a, model),
        operand(i.b, model),
        operand(i.c, model),
        operand(i.d, model),
        0};
  return op;
}

void Interpreter::add(const Instruction& i, bool in_loop, int32_t model) {
  if (kernel_ && !is_sink(i.op)) return;
  switch (i.op) {
    case FM_OP_LOAD_SINGLE: add_load(i, static_cast<int32_t>(i.immediate), model); break;
    case FM_OP_LOAD_MODEL:
    case kLoadSubtract: add_load(i, program_.single_inputs + model, model); break;
    case FM_OP_LOAD_ARRAY:
    case FM_OP_LOAD_MODEL_ARRAY: {
      const bool each = i.op == FM_OP_LOAD_MODEL_ARRAY;
      TileOp& op = push(i, model);
      op.a = walk_.arrays + (each ? program_.arrays + int64_t{i.immediate} * models_ + model : i.immediate);
      op.c = &offset_;
      break;
    }
    case FM_OP_SUM_MODELS:
    case FM_OP_LARGEST_MODELS:
    case FM_OP_MAX_MODELS: add_fold(i, model); return;
    case kAgreesSelectSum:
    case kMultiplySum: push(i, model).number = model; break;
    case FM_OP_REDUCE_SUM:
    case FM_OP_REDUCE_ABS:
    case FM_OP_REDUCE_DOT:
    case FM_OP_REDUCE_MAX:
    case FM_OP_REDUCE_GRAM:
      if (pass_ == Pass::kReduce) add_reduce(i, in_loop, model);
      if (pass_ == Pass::kColumns) add_column_reduce(i, in_loop, model);
      return;
    case FM_OP_HISTOGRAM: add_histogram(i, in_loop, model); return;
    case FM_OP_STORE: {
      if (pass_ != Pass::kMap) return;
      TileOp& op = push(i, model);
      op.run = table_.store[run_.outputs[i.immediate].dtype];
      op.destination = walk_.outputs + i.immediate;
      op.c = &offset_;
      return;
    }
    case FM_OP_ROUND_TO: push(i, model).run = table_.round_to[i.immediate][is_tile(i.a)]; break;
    default: add_keep(i, push(i, model), in_loop, model); break;
  }
  operations_[count_ - 1].destination = tile(i.destination, model);
}

void Interpreter::add_load(const Instruction& i, int32_t input, int32_t model) {
  const int32_t singles = program_.single_inputs;
  const fm_buffer& buffer = input < singles ? run_.single_inputs[input] : run_.model_inputs[input - singles];
  TileOp& op = push(i, model);
  op.run = (i.op == kLoadSubtract ? table_.load_subtract : table_.load)[buffer.dtype];
  op.a = walk_.inputs + input;
  op.c = &offset_;
}

void Interpreter::add_keep(const Instruction& i, TileOp& op, bool in_loop, int32_t model) {
  const int64_t step = std::max(models_, 1), k = in_loop ? model : 0;
  switch (i.op) {
    case FM_OP_KEEP_LARGEST:
    case kKeepLargestMultiply: op.b = walk_.thresholds + i.immediate * step + k; break;
    case FM_OP_KEEP_BAND:
    case kKeepBandMultiply:
      op.b = walk_.thresholds + (i.immediate & 0xffff) * step + k;
      op.c = walk_.thresholds + (i.immediate >> 16) * step + k;
      break;
    case FM_OP_RANDOM_KEEP:
    case kRandomKeepMultiply:
      op.b = walk_.masks + i.immediate * step + k;
      op.c = &offset_;
      break;
    case FM_OP_RANDOM_KEEP_AT:
      op.d = walk_.masks + i.immediate * step + k;
      op.c = &offset_;
      break;
    default: break;
  }
}

// Model 0 is moved, which has the bits of folding it with the start.
void Interpreter::add_fold(const Instruction& i, int32_t model) {
  TileOp& op = operations_[count_++];
  float* fold = tile(i.destination, 0);
  const void* a = model < 0 ? start_of(i.op) : operand(i.a, model);
  const bool adds = i.op != FM_OP_LARGEST_MODELS && i.op != FM_OP_MAX_MODELS;
  const TileFunction* join = table_.operations[adds ? uint32_t{FM_OP_ADD} : i.op];
  const bool a_tile = model >= 0 && is_tile(i.a);
  if (model <= 0)
    op = {table_.operations[FM_OP_MOVE][a_tile], fold, a, nullptr, nullptr, nullptr, 0};
  else
    op = {join[1 | a_tile << 1], fold, fold, a, nullptr, nullptr, 0};
}

int64_t Interpreter::values_before(int32_t sink) const {
  int64_t values = 0;
  for (int32_t s = 0; s < sink; ++s) values += program_.reduction_values(s, models_);
  return values;
}

void Interpreter::add_reduce(const Instruction& i, bool in_loop, int32_t model) {
  TileOp& op = push(i, model);
  const int64_t value = values_before(static_cast<int32_t>(i.immediate)) + (in_loop ? model : 0);
  op.destination = lanes + value * kLanes;
  op.c = &tile_lane_;
  if (i.op != FM_OP_REDUCE_GRAM) return;
  const float** tiles = grams_ + int64_t{i.immediate} * models_;
  for (int32_t k = 0; k < models_; ++k) tiles[k] = tile(operand_index(i.a), k);
  op.a = tiles;
  op.number = models_;
}

void Interpreter::push_column(TileFunction run, const float* a, const float* b, int64_t value) {
  operations_[count_++] = {run, columns + value * run_.row_length, a, b, &tile_column_, nullptr, 0};
}

void Interpreter::add_column_reduce(const Instruction& i, bool in_loop, int32_t model) {
  int64_t value = values_before(static_cast<int32_t>(i.immediate)) + (in_loop ? model : 0);
  const uint32_t a = operand_index(i.a);
  if (i.op == FM_OP_REDUCE_GRAM) {
    for (int32_t x = 0; x < models_; ++x)
      for (int32_t y = x; y < models_; ++y) push_column(table_.column_dot, tile(a, x), tile(a, y), value++);
    return;
  }
  const TileFunction run = i.op == FM_OP_REDUCE_SUM   ? table_.column_sum
                           : i.op == FM_OP_REDUCE_ABS ? table_.column_absolute
                           : i.op == FM_OP_REDUCE_DOT ? table_.column_dot
                                                      : table_.column_maximum;
  push_column(run, tile(a, model), is_tile(i.b) ? tile(operand_index(i.b), model) : nullptr, value);
}

void Interpreter::add_histogram(const Instruction& i, bool in_loop, int32_t model) {
  if (pass_ != Pass::kHistogram) return;
  TileOp& op = push(i, model);
  op.run = call_sink;
  op.b = &sink_call_;
  op.number = int64_t{i.immediate} * std::max(models_, 1) + (in_loop ? model : 0);
}

void Interpreter::call_sink(const TileOp& op, int32_t count) {
  const auto& call = *static_cast<const SinkCall*>(op.b);
  call.sink->take(static_cast<int32_t>(op.number), *call.first, static_cast<const float*>(op.a), count);
}

// A few cache lines of the next tile's buffers after each operation, so that they arrive while this tile is
// computed; all at once they would wait for each other and hold up the loads behind them. Outputs too: a
// store that misses holds up all later ones. The end of a tensor may be passed, a prefetch does not fault.
void Interpreter::prefetch(Position& position) const {
  for (int64_t n = lines_per_operation_; n > 0 && position.stream < stream_count_; --n) {
    const Stream& stream = streams_[position.stream];
    const char* data = static_cast<const char*>(*stream.place) + (offset_ + kTile) * stream.size;
    __builtin_prefetch(data + position.byte);
    position.byte += kCacheLine;
    if (position.byte < kTile * stream.size) continue;
    position.byte = 0;
    ++position.stream;
  }
}

void Interpreter::run_block(int32_t count) {
  std::copy_n(walk_.uniforms, program_.uniform_count(models_), uniforms_);
  for (int32_t at = 0; at < count; at += kTile) {
    const int32_t length = std::min(kTile, count - at);
    offset_ = at;
    tile_lane_ = lane + at;
    tile_first_ = walk_.first + at;
    if (pass_ == Pass::kColumns) tile_column_ = tile_first_ % run_.row_length;
    Position position{};
    for (const TileOp *op = operations_, *end = op + count_; op < end; ++op) {
      prefetch(position);
      op->run(*op, length);
    }
  }
}

}  // namespace fm
