#include "kernel_text.h"

#include <algorithm>
#include <bit>
#include <cstdio>

#include "cpu/run_check.h"

namespace fm::devices {
namespace {

constexpr const char* kTags[FM_DTYPE_COUNT] = {"f32", "f16", "bf16", "f64", "e4m3", "e5m2"};

std::string number(int64_t value) { return std::to_string(value); }

std::string bits(float value) {
  char text[40];
  std::snprintf(text, sizeof text, "FM_BITS_F32(0x%08xu)", std::bit_cast<uint32_t>(value));
  return text;
}

class Writer {
 public:
  Writer(const fm_program& program, const KernelShape& shape)
      : program_(program), shape_(shape), step_(std::max(1, shape.models)) {}

  std::string write() {
    line("FM_KERNEL void " + std::string(kKernelName) +
         "(FM_GLOBAL const fm_u8* in, FM_GLOBAL const fm_u8* side, FM_GLOBAL fm_u8* out, FM_GLOBAL fm_u32* "
         "counts,");
    line(
        "  fm_i64 first, fm_i64 count, fm_i64 stride, fm_i64 row_length, fm_i64 row_stride, fm_i64 cuts_at,");
    line("  fm_i64 randoms_at, fm_i64 arrays_at, fm_u32 flags) {");
    line("const fm_i64 i = FM_ELEMENT;");
    line("if (i >= count) return;");
    line("const fm_i64 at = first + i;");
    line(
        "FM_GLOBAL const float* u = (FM_GLOBAL const float*)side + (row_length ? (at / row_length - first / "
        "row_length) * row_stride : 0);");
    line("FM_GLOBAL const fm_device_cut* cuts = (FM_GLOBAL const fm_device_cut*)(side + cuts_at);");
    line(
        "FM_GLOBAL const fm_device_random* randoms = (FM_GLOBAL const fm_device_random*)(side + "
        "randoms_at);");
    line("FM_GLOBAL const fm_device_array* arrays = (FM_GLOBAL const fm_device_array*)(side + arrays_at);");
    for (size_t input = 0; input < shape_.inputs.size(); ++input) {
      const std::string tag = kTags[shape_.inputs[input]];
      line("const float in" + number(static_cast<int64_t>(input)) + " = fm_clean(fm_dec_" + tag + "(" +
           element("in", "const ", shape_.inputs, input) + "), flags, counts + " +
           number(static_cast<int64_t>(input)) + ");");
    }
    body();
    line("}");
    return text_;
  }

 private:
  void line(const std::string& text) { text_ += text + "\n"; }

  static std::string element(const char* buffer, const char* constant, const std::vector<int32_t>& dtypes,
                             size_t index) {
    return std::string("((FM_GLOBAL ") + constant + "fm_t_" + kTags[dtypes[index]] + "*)(" + buffer +
           " + stride * " + number(bytes_before(dtypes, index)) + "))[i]";
  }

  void body() {
    const auto& code = program_.source;
    for (size_t at = 0; at < code.size(); ++at) {
      if (code[at].op != FM_OP_FOR_MODELS) {
        instruction(code[at], -1);
        continue;
      }
      size_t end = at + 1;
      while (code[end].op != FM_OP_END_MODELS) ++end;
      for (size_t inner = at + 1; inner < end; ++inner)
        if (is_model_fold(code[inner].op))
          line("float " + name(code[inner].destination, -1) + " = " + fold_start(code[inner].op) + ";");
      for (int32_t k = 0; k < shape_.models; ++k)
        for (size_t inner = at + 1; inner < end; ++inner) instruction(code[inner], k);
      at = end;
    }
  }

  static const char* fold_start(uint32_t op) {
    return op == FM_OP_SUM_MODELS       ? "-0.0f"
           : op == FM_OP_LARGEST_MODELS ? "0.0f"
                                        : "-FM_BITS_F32(0x7f800000u)";
  }

  std::string name(uint32_t index, int32_t model) const {
    const std::string text = "r" + number(index);
    return program_.registers[index].per_model ? text + "_" + number(model) : text;
  }

  std::string read(uint32_t operand, int32_t model) const {
    const uint32_t index = operand_index(operand);
    switch (operand_kind(operand)) {
      case FM_OPERAND_REGISTER: return name(index, model);
      case FM_OPERAND_UNIFORM: return "u[" + number(index) + "]";
      case FM_OPERAND_MODEL_UNIFORM:
        return "u[" + number(program_.uniforms + int64_t{index} * shape_.models + model) + "]";
      default: return bits(program_.literals[index]);
    }
  }

  // The entry of a cut or a mask: one for each model inside a loop.
  std::string entry(uint32_t slot, int32_t model) const {
    return number(int64_t{slot} * step_ + std::max(0, model));
  }
  std::string cut(uint32_t slot, int32_t model) const {
    return "fm_cut_at(cuts + " + entry(slot, model) + ", at)";
  }
  std::string array(int64_t index) const {
    return "fm_array_at(side, arrays + " + number(index) + ", at, i)";
  }

  void instruction(const Instruction& i, int32_t model) {
    if (i.op == FM_OP_STORE) {
      const std::string tag = kTags[shape_.outputs[i.immediate]];
      line(element("out", "", shape_.outputs, i.immediate) + " = fm_enc_" + tag + "(" + read(i.a, model) +
           ");");
      line("fm_note(fm_dec_" + tag + "(" + element("out", "", shape_.outputs, i.immediate) +
           "), flags, counts + " + number(static_cast<int64_t>(shape_.inputs.size()) + i.immediate) + ");");
      return;
    }
    const std::string to = name(i.destination, model);
    if (is_model_fold(i.op)) {
      const std::string next = read(i.a, model);
      line(to + " = " +
           (i.op == FM_OP_SUM_MODELS       ? to + " + " + next
            : i.op == FM_OP_LARGEST_MODELS ? "fm_larger_magnitude(" + to + ", " + next + ")"
                                           : "fm_larger_or_nan(" + to + ", " + next + ")") +
           ";");
      return;
    }
    line(std::string("const ") + (program_.registers[i.destination].mask ? "int " : "float ") + to + " = " +
         value(i, model) + ";");
  }

  std::string value(const Instruction& i, int32_t model) const {
    const auto operand = [&](uint32_t word) { return word == FM_NO_OPERAND ? "" : read(word, model); };
    const std::string a = operand(i.a), b = operand(i.b), c = operand(i.c);
    const auto infix = [&](const char* op) { return a + " " + op + " " + b; };
    const auto call = [&](const char* function) {
      return std::string(function) + "(" + a + (b.empty() ? "" : ", " + b) + (c.empty() ? "" : ", " + c) +
             ")";
    };
    switch (i.op) {
      case FM_OP_LOAD_SINGLE: return "in" + number(i.immediate);
      case FM_OP_LOAD_MODEL: return "in" + number(program_.single_inputs + model);
      case FM_OP_MOVE: return a;
      case FM_OP_LOAD_ARRAY: return array(i.immediate);
      case FM_OP_LOAD_MODEL_ARRAY:
        return array(program_.arrays + int64_t{i.immediate} * shape_.models + model);
      case FM_OP_ADD: return infix("+");
      case FM_OP_SUB: return infix("-");
      case FM_OP_MUL: return infix("*");
      case FM_OP_DIV: return infix("/");
      case FM_OP_MIN: return call("fm_min");
      case FM_OP_MAX: return call("fm_max");
      case FM_OP_ABS: return call("fm_abs");
      case FM_OP_NEG: return call("fm_neg");
      case FM_OP_SQRT: return call("fm_sqrt");
      case FM_OP_EXP: return call("fm_exp");
      case FM_OP_LOG: return call("fm_log");
      case FM_OP_TANH: return call("fm_tanh");
      case FM_OP_LESS: return infix("<");
      case FM_OP_LESS_EQUAL: return infix("<=");
      case FM_OP_EQUAL: return infix("==");
      case FM_OP_NOT_EQUAL: return infix("!=");
      case FM_OP_AND: return call("fm_and");
      case FM_OP_OR: return call("fm_or");
      case FM_OP_NOT: return "!" + a;
      case FM_OP_SELECT: return call("fm_choose");
      case FM_OP_SIGN: return call("fm_sign");
      case FM_OP_AGREES: return call("fm_agrees");
      case FM_OP_KEEP_LARGEST: return "fm_keep_largest(" + a + ", " + cut(i.immediate, model) + ")";
      case FM_OP_KEEP_BAND:
        return "fm_keep_band(" + a + ", " + cut(i.immediate & 0xffff, model) + ", " +
               cut(i.immediate >> 16, model) + ")";
      case FM_OP_RANDOM_KEEP:
        return "fm_keep_random(" + a + ", fm_random_mask(randoms + " + entry(i.immediate, model) + ", at))";
      case FM_OP_RANDOM_KEEP_AT:
        return "fm_keep_at_random(" + a + ", " + b + ", fm_random_word(randoms + " +
               entry(i.immediate, model) + ", at))";
      default:  // FM_OP_ROUND_TO
        return std::string("fm_dec_") + kTags[i.immediate] + "(fm_enc_" + kTags[i.immediate] + "(" + a + "))";
    }
  }

  const fm_program& program_;
  const KernelShape& shape_;
  const int32_t step_;
  std::string text_;
};

}  // namespace

bool KernelShape::uses(int32_t dtype) const {
  return std::ranges::count(inputs, dtype) + std::ranges::count(outputs, dtype) > 0;
}

std::string KernelShape::key(uint64_t hash) const {
  std::string text = std::to_string(hash) + " " + number(models) + " ";
  for (const int32_t dtype : inputs) text += static_cast<char>('0' + dtype);
  text += '>';
  for (const int32_t dtype : outputs) text += static_cast<char>('0' + dtype);
  return text;
}

int64_t bytes_before(const std::vector<int32_t>& dtypes, size_t buffer) {
  int64_t bytes = 0;
  for (size_t i = 0; i < buffer; ++i) bytes += size_of(dtypes[i]);
  return bytes;
}

std::string kernel_text(const fm_program& program, const KernelShape& shape) {
  return Writer(program, shape).write();
}

const char* kernel_prelude() {
  return
#include "kernel_prelude.inl"
      ;
}

}  // namespace fm::devices
