#include "program_check.h"

#include "errors.h"
#include "operations.h"

namespace fm {
namespace {

class Checker {
 public:
  Checker(fm_program& program, fm_error* error) : program_(program), error_(error) {
    written_.resize(program.registers.size());
    stored_.resize(program.outputs);
  }

  fm_status run() {
    for (at_ = 0; at_ < program_.code.size(); ++at_)
      if (!check(program_.code[at_])) return FM_INVALID_ARGUMENT;
    if (in_loop_) return refuse("the loop has no END_MODELS"), FM_INVALID_ARGUMENT;
    for (size_t i = 0; i < stored_.size(); ++i)
      if (!stored_[i]) return refuse("output %zu is never stored", i), FM_INVALID_ARGUMENT;
    for (const auto* sinks : {&program_.reductions, &program_.histograms})
      for (size_t i = 0; i < sinks->size(); ++i)
        if (!(*sinks)[i].fed) return refuse("sink %zu is never fed", i), FM_INVALID_ARGUMENT;
    return FM_OK;
  }

 private:
  enum : uint8_t { kUnwritten, kFolding, kWritten };

  template <class... T>
  bool refuse(const char* format, T... values) {
    char what[160];
    std::snprintf(what, sizeof what, format, values...);
    fail(error_, FM_INVALID_ARGUMENT, "program: instruction %zu: %s", at_, what);
    return false;
  }

  bool check(const Instruction& i) {
    const Operation* operation = find_operation(i.op);
    if (!operation) return refuse("operation %u is unknown", i.op);
    if (operation->place == Place::kLoop && !in_loop_) return refuse("%s outside a loop", operation->name);
    if (operation->place == Place::kOutside && in_loop_) return refuse("%s inside a loop", operation->name);
    const uint32_t words[3] = {i.a, i.b, i.c};
    for (int n = 0; n < 3; ++n)
      if (!check_operand(*operation, operation->operands[n], words[n])) return false;
    return check_immediate(*operation, i) && check_destination(*operation, i) && check_loop(i);
  }

  bool check_operand(const Operation& operation, Kind kind, uint32_t word) {
    if (kind == Kind::kNone)
      return word == FM_NO_OPERAND || refuse("%s has an operand too many", operation.name);
    const uint32_t index = operand_index(word);
    switch (operand_kind(word)) {
      case FM_OPERAND_REGISTER: return check_register(operation, kind, index);
      case FM_OPERAND_UNIFORM:
        if (index >= static_cast<uint32_t>(program_.uniforms)) return refuse("there is no uniform %u", index);
        break;
      case FM_OPERAND_MODEL_UNIFORM:
        if (!in_loop_) return refuse("a model uniform outside a loop");
        if (index >= static_cast<uint32_t>(program_.model_uniforms))
          return refuse("there is no model uniform %u", index);
        break;
      case FM_OPERAND_LITERAL:
        if (index >= program_.literals.size()) return refuse("there is no literal %u", index);
        break;
      default: return refuse("operand %08x is malformed", word);
    }
    return kind == Kind::kValue || refuse("%s needs a register", operation.name);
  }

  bool check_register(const Operation& operation, Kind kind, uint32_t index) {
    if (index >= program_.registers.size()) return refuse("there is no register %u", index);
    const Register& r = program_.registers[index];
    if (written_[index] != kWritten) return refuse("register %u is read before it is written", index);
    if (r.mask != (kind == Kind::kMask))
      return refuse("register %u is %s mask for %s", index, r.mask ? "a" : "not a", operation.name);
    const bool needs_models = kind == Kind::kPerModel;
    if (r.per_model != needs_models && (needs_models || !in_loop_))
      return refuse("register %u has %s for %s", index,
                    r.per_model ? "one value per model" : "a single value", operation.name);
    return true;
  }

  bool check_immediate(const Operation& operation, const Instruction& i) {
    const auto below = [&](uint32_t value, size_t count) {
      return value < count || refuse("%s names slot %u of %zu", operation.name, value, count);
    };
    const uint8_t use = in_loop_ ? 2 : 1;
    const auto cut = [&](uint32_t slot) {
      if (!below(slot, program_.cuts)) return false;
      program_.cut_uses[slot] |= use;
      return true;
    };
    switch (i.op) {
      case FM_OP_LOAD_SINGLE: return below(i.immediate, program_.single_inputs);
      case FM_OP_LOAD_MODEL:
        if (!program_.model_inputs) return refuse("the program has no model inputs");
        break;
      case FM_OP_KEEP_LARGEST: return cut(i.immediate);
      case FM_OP_KEEP_BAND: return cut(i.immediate & 0xffff) && cut(i.immediate >> 16);
      case FM_OP_RANDOM_KEEP: return random(operation, i, use, 1);
      case FM_OP_RANDOM_KEEP_AT: return random(operation, i, use, 2);
      case FM_OP_LOAD_ARRAY: return below(i.immediate, program_.arrays);
      case FM_OP_LOAD_MODEL_ARRAY: return below(i.immediate, program_.model_arrays);
      case FM_OP_ROUND_TO: return below(i.immediate, FM_DTYPE_COUNT);
      case FM_OP_STORE:
        if (!below(i.immediate, program_.outputs)) return false;
        if (stored_[i.immediate]) return refuse("output %u is stored twice", i.immediate);
        stored_[i.immediate] = 1;
        return true;
      case FM_OP_HISTOGRAM: return feed(operation, program_.histograms, i);
      case FM_OP_REDUCE_SUM:
      case FM_OP_REDUCE_ABS:
      case FM_OP_REDUCE_DOT:
      case FM_OP_REDUCE_MAX:
      case FM_OP_REDUCE_GRAM: return feed(operation, program_.reductions, i);
      default: break;
    }
    return i.immediate == 0 || refuse("%s has an immediate", operation.name);
  }

  bool random(const Operation& operation, const Instruction& i, uint8_t use, uint8_t words) {
    if (i.immediate >= program_.random_uses.size())
      return refuse("%s names slot %u of %zu", operation.name, i.immediate, program_.random_uses.size());
    program_.random_uses[i.immediate] |= use;
    uint8_t& kind = program_.random_words[i.immediate];
    kind |= words;
    return kind == words || refuse("mask %u is for RANDOM_KEEP and RANDOM_KEEP_AT", i.immediate);
  }

  bool feed(const Operation& operation, std::vector<Sink>& sinks, const Instruction& i) {
    if (i.immediate >= sinks.size())
      return refuse("%s names sink %u of %zu", operation.name, i.immediate, sinks.size());
    if (sinks[i.immediate].fed) return refuse("sink %u is fed twice", i.immediate);
    sinks[i.immediate] = {true, in_loop_, i.op == FM_OP_REDUCE_GRAM, i.op == FM_OP_REDUCE_MAX};
    return true;
  }

  bool check_destination(const Operation& operation, const Instruction& i) {
    if (operation.result == Kind::kNone)
      return i.destination == 0 || refuse("%s has a destination", operation.name);
    if (i.destination >= program_.registers.size()) return refuse("there is no register %u", i.destination);
    const Register& r = program_.registers[i.destination];
    if (written_[i.destination] != kUnwritten) return refuse("register %u is written twice", i.destination);
    if (r.mask != (operation.result == Kind::kMask))
      return refuse("register %u is %s mask for the result of %s", i.destination, r.mask ? "a" : "not a",
                    operation.name);
    const bool fold = is_model_fold(i.op);
    if (r.per_model != (in_loop_ && !fold))
      return refuse("register %u has %s for the result of %s", i.destination,
                    r.per_model ? "one value per model" : "a single value", operation.name);
    written_[i.destination] = fold ? kFolding : kWritten;
    return true;
  }

  bool check_loop(const Instruction& i) {
    if (i.op == FM_OP_FOR_MODELS) {
      in_loop_ = true;
    } else if (i.op == FM_OP_END_MODELS) {
      in_loop_ = false;
      for (uint8_t& state : written_)
        if (state == kFolding) state = kWritten;
    }
    return true;
  }

  fm_program& program_;
  fm_error* error_;
  std::vector<uint8_t> written_, stored_;
  size_t at_ = 0;
  bool in_loop_ = false;
};

}  // namespace

fm_status check_program(fm_program& program, fm_error* error) { return Checker(program, error).run(); }

}  // namespace fm
