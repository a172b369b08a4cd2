#include "program_check.h"

namespace fm {
namespace {

// Registers are written once and instructions have no effects, so an instruction may move to the place of the
// only one that reads its result; it does so where both stand in the same loop.
class Fuser {
 public:
  explicit Fuser(fm_program& program)
      : program_(program), writer_(program.registers.size(), -1), reads_(program.registers.size()) {}

  void run() {
    int32_t loop = -1;
    for (int32_t at = 0; at < size(); ++at) {
      const Instruction& i = program_.code[at];
      if (i.op == FM_OP_FOR_MODELS) loop = at;
      loops_.push_back(loop);
      if (i.op == FM_OP_END_MODELS) loop = -1;
      if (writes_register(i.op)) writer_[i.destination] = at;
      for (const uint32_t word : {i.a, i.b, i.c})
        if (is_register(word)) ++reads_[operand_index(word)];
    }
    for (int32_t at = 0; at < size(); ++at) fuse(at);
    std::erase_if(program_.code, [](const Instruction& i) { return i.op == kRemoved; });
  }

 private:
  static constexpr uint32_t kRemoved = 0;

  int32_t size() const { return static_cast<int32_t>(program_.code.size()); }
  Instruction& code(int32_t at) { return program_.code[at]; }

  // The instruction in the same loop that wrote the operand, if it is one of these operations; else -1.
  template <class... Op>
  int32_t writer_of(uint32_t word, int32_t at, Op... ops) const {
    if (!is_register(word)) return -1;
    const int32_t found = writer_[operand_index(word)];
    if (found < 0 || loops_[found] != loops_[at]) return -1;
    const uint32_t op = program_.code[found].op;
    return ((op == static_cast<uint32_t>(ops)) || ...) ? found : -1;
  }

  // The same where nobody else reads the operand.
  template <class... Op>
  int32_t only_for(uint32_t word, int32_t at, Op... ops) const {
    const int32_t found = writer_of(word, at, ops...);
    return found >= 0 && reads_[operand_index(word)] == 1 ? found : -1;
  }

  void fuse(int32_t at) {
    switch (code(at).op) {
      case FM_OP_SUB: fuse_subtract(at); break;
      case FM_OP_MUL: fuse_multiply(at); break;
      case FM_OP_ADD: fuse_add(at); break;
      case FM_OP_SUM_MODELS: fuse_sum(at); break;
      default: break;
    }
  }

  void fuse_subtract(int32_t at) {
    Instruction& i = code(at);
    const int32_t load = only_for(i.a, at, FM_OP_LOAD_MODEL);
    if (load < 0 || !is_register(i.b)) return;
    i.op = kLoadSubtract;
    i.a = FM_NO_OPERAND;
    code(load).op = kRemoved;
  }

  void fuse_multiply(int32_t at) {
    Instruction& i = code(at);
    const uint32_t scale = is_register(i.a) ? i.b : i.a, kept = is_register(i.a) ? i.a : i.b;
    const int32_t keep = only_for(kept, at, FM_OP_KEEP_LARGEST, FM_OP_KEEP_BAND, FM_OP_RANDOM_KEEP);
    if (keep < 0 || is_register(scale) || !is_register(code(keep).a)) return;
    const Instruction k = code(keep);
    const uint32_t op = k.op == FM_OP_KEEP_LARGEST ? kKeepLargestMultiply
                        : k.op == FM_OP_KEEP_BAND  ? kKeepBandMultiply
                                                   : kRandomKeepMultiply;
    i = {op, i.destination, k.a, FM_NO_OPERAND, FM_NO_OPERAND, k.immediate, scale};
    code(keep).op = kRemoved;
  }

  // Of the two factors, the register first and the scalar second; false if it is not one of each.
  static bool order_factors(const Instruction& product, uint32_t& tile, uint32_t& scalar) {
    tile = is_register(product.a) ? product.a : product.b;
    scalar = is_register(product.a) ? product.b : product.a;
    return is_register(tile) && !is_register(scalar);
  }

  void fuse_add(int32_t at) {
    Instruction& i = code(at);
    for (const bool first : {true, false}) {
      const uint32_t word = first ? i.a : i.b, other = first ? i.b : i.a;
      const int32_t product = only_for(word, at, FM_OP_MUL);
      uint32_t tile, scalar;
      if (product < 0 || !is_register(other) || !order_factors(code(product), tile, scalar)) continue;
      i = {kMultiplyAdd, i.destination, tile, scalar, other, 0};
      code(product).op = kRemoved;
      return;
    }
  }

  void fuse_sum(int32_t at) {
    Instruction& i = code(at);
    uint32_t tile, scalar;
    const int32_t product = only_for(i.a, at, FM_OP_MUL);
    if (product >= 0 && order_factors(code(product), tile, scalar)) {
      i = {kMultiplySum, i.destination, tile, scalar, FM_NO_OPERAND, 0};
      code(product).op = kRemoved;
      return;
    }
    const int32_t chosen = only_for(i.a, at, FM_OP_SELECT);
    if (chosen < 0 || is_register(code(chosen).c)) return;
    const Instruction s = code(chosen);
    const int32_t agrees = writer_of(s.a, at, FM_OP_AGREES);
    if (agrees < 0 || !is_register(code(agrees).a) || !is_register(code(agrees).b)) return;
    const Instruction mask = code(agrees);
    i = {kAgreesSelectSum, i.destination, mask.a, mask.b, s.b, 0, s.c};
    code(chosen).op = kRemoved;
    // The comparison is cheaper to repeat than its mask is to store.
    if (--reads_[operand_index(s.a)] == 0) code(agrees).op = kRemoved;
  }

  fm_program& program_;
  std::vector<int32_t> writer_, reads_, loops_;
};

}  // namespace

void fuse_instructions(fm_program& program) { Fuser(program).run(); }

}  // namespace fm
