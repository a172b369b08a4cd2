#include "sample_programs.h"

namespace fm_test {
namespace {

constexpr uint32_t kUnary[] = {FM_OP_MOVE, FM_OP_ABS, FM_OP_NEG, FM_OP_SQRT,
                               FM_OP_SIGN, FM_OP_EXP, FM_OP_LOG, FM_OP_TANH};
constexpr uint32_t kBinary[] = {FM_OP_ADD, FM_OP_SUB, FM_OP_MUL, FM_OP_DIV, FM_OP_MIN, FM_OP_MAX};
constexpr uint32_t kCompare[] = {FM_OP_LESS, FM_OP_LESS_EQUAL, FM_OP_EQUAL, FM_OP_NOT_EQUAL, FM_OP_AGREES};

std::string name_of(const char* what, uint32_t op, int form) {
  return std::string(what) + " " + std::to_string(op) + " form " + std::to_string(form);
}

// A program of a loop whose body makes a value from the model's and the base's element; the values are
// summed.
template <class Body>
SampleProgram in_loop(std::string name, Body body) {
  ProgramBuilder b;
  const uint32_t base = b.load_single();
  b.begin_loop();
  const uint32_t model = b.load_model();
  const uint32_t value = body(b, model, base);
  const uint32_t sum = b.add(FM_OP_SUM_MODELS, value);
  b.end_loop();
  b.store(b.add(FM_OP_ADD, sum, base));
  return {std::move(name), b.words()};
}

// Form 0 two registers, 1 and 2 a scalar on one side, 3 two scalars.
uint32_t left(ProgramBuilder& b, int form, uint32_t value) { return form & 2 ? b.model_uniform() : value; }
uint32_t right(ProgramBuilder& b, int form, uint32_t value) { return form & 1 ? b.uniform() : value; }

void add_arithmetic(std::vector<SampleProgram>& all) {
  for (const uint32_t op : kUnary)
    for (int form : {0, 2})
      all.push_back(in_loop(name_of("unary", op, form), [=](ProgramBuilder& b, uint32_t m, uint32_t) {
        return b.add(op, left(b, form, m));
      }));
  for (const uint32_t op : kBinary)
    for (int form = 0; form < 4; ++form)
      all.push_back(in_loop(name_of("binary", op, form), [=](ProgramBuilder& b, uint32_t m, uint32_t s) {
        return b.add(op, left(b, form, m), right(b, form, s));
      }));
  for (uint32_t dtype = 0; dtype < FM_DTYPE_COUNT; ++dtype)
    for (int form : {0, 2})
      all.push_back(in_loop(name_of("round", dtype, form), [=](ProgramBuilder& b, uint32_t m, uint32_t) {
        return b.add(FM_OP_ROUND_TO, left(b, form, m), kNone, kNone, dtype);
      }));
}

void add_masks(std::vector<SampleProgram>& all) {
  for (const uint32_t op : kCompare)
    for (int form = 0; form < 4; ++form)
      all.push_back(in_loop(name_of("compare", op, form), [=](ProgramBuilder& b, uint32_t m, uint32_t s) {
        const uint32_t sign = op == FM_OP_AGREES ? b.add(FM_OP_SIGN, s) : s;
        const uint32_t mask = b.add(op, left(b, form, m), right(b, form, sign));
        return b.add(FM_OP_SELECT, mask, m, s);
      }));
  for (const uint32_t op : {FM_OP_AND, FM_OP_OR, FM_OP_NOT})
    all.push_back(in_loop(name_of("mask", op, 0), [=](ProgramBuilder& b, uint32_t m, uint32_t s) {
      const uint32_t x = b.add(FM_OP_LESS, m, s), y = b.add(FM_OP_LESS, m, b.literal(0.5f));
      const uint32_t mask = op == FM_OP_NOT ? b.add(op, x) : b.add(op, x, y);
      return b.add(FM_OP_SELECT, mask, m, b.literal(2.0f));
    }));
  for (int form = 0; form < 4; ++form)
    all.push_back(
        in_loop(name_of("select", FM_OP_SELECT, form), [=](ProgramBuilder& b, uint32_t m, uint32_t s) {
          const uint32_t mask = b.add(FM_OP_LESS, m, s);
          return b.add(FM_OP_SELECT, mask, left(b, form, m), right(b, form, s));
        }));
}

void add_keeps(std::vector<SampleProgram>& all) {
  for (const uint32_t op : {FM_OP_KEEP_LARGEST, FM_OP_KEEP_BAND, FM_OP_RANDOM_KEEP}) {
    const uint32_t immediate = op == FM_OP_KEEP_BAND ? 1u << 16 : op == FM_OP_KEEP_LARGEST ? 1 : 0;
    for (int form : {0, 2})
      all.push_back(in_loop(name_of("keep", op, form), [=](ProgramBuilder& b, uint32_t m, uint32_t s) {
        b.cuts = 2;
        b.randoms = 1;
        const uint32_t delta = b.add(FM_OP_SUB, m, s);
        return b.add(op, left(b, form, delta), kNone, kNone, immediate);
      }));
    ProgramBuilder b;  // outside a loop
    b.cuts = 2;
    b.randoms = 1;
    const uint32_t kept = b.add(op, b.load_single(), kNone, kNone, immediate);
    b.store(kept);
    all.push_back({name_of("single keep", op, 0), b.words()});
  }
}

// Arrays, in loops and outside, and what a probability of each element keeps.
void add_arrays(std::vector<SampleProgram>& all) {
  for (int form = 0; form < 4; ++form)
    all.push_back(
        in_loop(name_of("keep at", FM_OP_RANDOM_KEEP_AT, form), [=](ProgramBuilder& b, uint32_t m, uint32_t) {
          b.randoms = 1;
          const uint32_t density = form & 1 ? b.model_uniform() : b.load_model_array();
          return b.add(FM_OP_RANDOM_KEEP_AT, left(b, form, m), density);
        }));
  all.push_back(in_loop("arrays in a loop", [](ProgramBuilder& b, uint32_t m, uint32_t) {
    const uint32_t x = b.load_array(), y = b.load_model_array(), z = b.load_model_array();
    return b.add(FM_OP_ADD, b.add(FM_OP_MUL, m, x), b.add(FM_OP_MUL, y, z));
  }));
  ProgramBuilder b;
  b.randoms = 1;
  const uint32_t base = b.load_single(), x = b.load_array(), y = b.load_array();
  b.store(b.add(FM_OP_RANDOM_KEEP_AT, b.add(FM_OP_ADD, base, y), x));
  all.push_back({"arrays outside a loop", b.words()});
}

void add_folds(std::vector<SampleProgram>& all) {
  for (const uint32_t op : {FM_OP_SUM_MODELS, FM_OP_LARGEST_MODELS, FM_OP_MAX_MODELS})
    for (int form : {0, 2}) {
      ProgramBuilder b;
      const uint32_t base = b.load_single();
      b.begin_loop();
      const uint32_t delta = b.add(FM_OP_SUB, b.load_model(), base);
      const uint32_t fold = b.add(op, left(b, form, delta));
      b.end_loop();
      b.store(fold);
      all.push_back({name_of("fold", op, form), b.words()});
    }
}

// Values that cross from one loop to the next, two sums, two outputs, several inputs.
SampleProgram crossing() {
  ProgramBuilder b;
  const uint32_t base = b.load_single(), other = b.load_single(1);
  b.begin_loop();
  const uint32_t model = b.load_model();
  const uint32_t delta = b.add(FM_OP_SUB, model, base);
  const uint32_t negative = b.add(FM_OP_LESS, delta, b.literal(0.0f));
  const uint32_t sum = b.add(FM_OP_SUM_MODELS, delta);
  const uint32_t weights = b.add(FM_OP_SUM_MODELS, b.model_uniform());
  b.end_loop();
  const uint32_t mean = b.add(FM_OP_DIV, sum, weights);
  b.begin_loop();
  const uint32_t distance = b.add(FM_OP_SUB, delta, mean);
  const uint32_t chosen = b.add(FM_OP_SELECT, negative, distance, delta);
  const uint32_t square = b.add(FM_OP_MUL, distance, distance);
  const uint32_t total = b.add(FM_OP_SUM_MODELS, chosen);
  const uint32_t squares = b.add(FM_OP_SUM_MODELS, square);
  b.end_loop();
  b.store(b.add(FM_OP_ADD, b.add(FM_OP_SQRT, squares), other));
  b.store(b.add(FM_OP_ADD, total, base), 1);
  return {"crossing", b.words()};
}

}  // namespace

std::vector<uint32_t> copy_program() {
  ProgramBuilder b;
  b.store(b.load_single());
  return b.words();
}

std::vector<SampleProgram> operation_programs() {
  std::vector<SampleProgram> all;
  add_arithmetic(all);
  add_masks(all);
  add_keeps(all);
  add_arrays(all);
  add_folds(all);
  all.push_back(crossing());
  return all;
}

std::vector<SampleProgram> reduction_programs() {
  std::vector<SampleProgram> all;
  {
    ProgramBuilder b;
    const uint32_t base = b.load_single();
    b.cuts = 1;
    b.begin_loop();
    const uint32_t model = b.load_model();
    const uint32_t delta = b.add(FM_OP_SUB, model, base);
    const uint32_t kept = b.add(FM_OP_KEEP_LARGEST, delta);
    b.reduce(FM_OP_REDUCE_SUM, delta);
    b.reduce(FM_OP_REDUCE_ABS, kept);
    b.reduce(FM_OP_REDUCE_DOT, delta, base);
    b.reduce(FM_OP_REDUCE_MAX, delta);
    b.end_loop();
    b.reduce(FM_OP_REDUCE_GRAM, delta);
    b.reduce(FM_OP_REDUCE_SUM, base);
    b.reduce(FM_OP_REDUCE_DOT, base, base);
    b.reduce(FM_OP_REDUCE_MAX, base);
    all.push_back({"all sinks", b.words()});
  }
  {
    ProgramBuilder b;
    b.begin_loop();
    const uint32_t model = b.load_model();
    b.end_loop();
    b.reduce(FM_OP_REDUCE_GRAM, model);
    all.push_back({"gram", b.words()});
  }
  return all;
}

}  // namespace fm_test
