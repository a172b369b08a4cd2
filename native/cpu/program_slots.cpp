#include <algorithm>

#include "program_check.h"

namespace fm {
namespace {

// Which instructions a register is alive over, in a loop for the whole of it where it must be.
struct Interval {
  int32_t first = -1, last = -1;
};

class Assigner {
 public:
  explicit Assigner(fm_program& program) : program_(program), intervals_(program.registers.size()) {}

  void run() {
    find_loops();
    for (int32_t at = 0; at < size(); ++at) visit(at);
    program_.tile_slots = colour(false);
    program_.array_slots = colour(true);
  }

 private:
  int32_t size() const { return static_cast<int32_t>(program_.code.size()); }

  void find_loops() {
    begins_.assign(size(), -1);
    ends_.assign(size(), -1);
    for (int32_t at = 0, begin = -1; at < size(); ++at) {
      if (program_.code[at].op == FM_OP_FOR_MODELS) begin = at;
      begins_[at] = begin;
      if (program_.code[at].op != FM_OP_END_MODELS) continue;
      for (int32_t i = begin; i <= at; ++i) ends_[i] = at;
      begin = -1;
    }
  }

  void visit(int32_t at) {
    const Instruction& i = program_.code[at];
    for (const uint32_t word : {i.a, i.b, i.c, i.d})
      if (is_register(word)) read(operand_index(word), at);
    if (!writes_register(i.op)) return;
    Interval& interval = intervals_[i.destination];
    interval.first = is_fold(i.op) ? begins_[at] : at;
    interval.last = is_fold(i.op) ? ends_[at] : at;
  }

  void read(uint32_t index, int32_t at) {
    Interval& interval = intervals_[index];
    Register& r = program_.registers[index];
    const bool same_loop = begins_[interval.first] == begins_[at];
    if (r.per_model && !same_loop) r.array = true;
    // A value from outside a loop is read again by the next model's turn.
    interval.last = !same_loop && ends_[at] >= 0 ? ends_[at] : std::max(interval.last, at);
    if (r.array) {
      interval.first = begins_[interval.first];
      interval.last = std::max(interval.last, ends_[interval.first]);
    }
  }

  int32_t colour(bool array) {
    std::vector<uint32_t> order;
    for (uint32_t index = 0; index < intervals_.size(); ++index)
      if (program_.registers[index].array == array && intervals_[index].first >= 0) order.push_back(index);
    std::stable_sort(order.begin(), order.end(),
                     [&](uint32_t x, uint32_t y) { return intervals_[x].first < intervals_[y].first; });
    std::vector<int32_t> busy_until;
    for (const uint32_t index : order) {
      const Interval& interval = intervals_[index];
      size_t slot = 0;
      while (slot < busy_until.size() && busy_until[slot] > interval.first) ++slot;
      if (slot == busy_until.size()) busy_until.push_back(0);
      // A result that nobody reads still needs its slot while it is written.
      busy_until[slot] = std::max(interval.last, interval.first + 1);
      program_.registers[index].slot = static_cast<int32_t>(slot);
    }
    return static_cast<int32_t>(busy_until.size());
  }

  fm_program& program_;
  std::vector<Interval> intervals_;
  std::vector<int32_t> begins_, ends_;  // the loop around an instruction
};

}  // namespace

void assign_slots(fm_program& program) { Assigner(program).run(); }

}  // namespace fm
