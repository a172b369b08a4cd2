#include "oracle.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace fm_test {
namespace {

struct Format {
  int size, exponent_bits, mantissa_bits;
  bool has_infinity;
};

constexpr Format kFormats[FM_DTYPE_COUNT] = {{4, 8, 23, true},  {2, 5, 10, true}, {2, 8, 7, true},
                                             {8, 11, 52, true}, {1, 4, 3, false}, {1, 5, 2, true}};
constexpr uint64_t kCanonicalNaN[FM_DTYPE_COUNT] = {0x7fc00000,         0x7e00, 0x7fc0,
                                                    0x7ff8000000000000, 0x7f,   0x7e};

uint64_t read_bits(const Format& f, const void* element) {
  uint64_t bits = 0;
  std::memcpy(&bits, element, f.size);
  return bits;
}

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

}  // namespace

int64_t size_of(int32_t dtype) { return kFormats[dtype].size; }

float decode(int32_t dtype, const void* element) {
  const Format& f = kFormats[dtype];
  const uint64_t bits = read_bits(f, element);
  const uint64_t mantissa = bits & ((uint64_t{1} << f.mantissa_bits) - 1);
  const int most = (1 << f.exponent_bits) - 1, bias = most / 2;
  const int exponent = static_cast<int>(bits >> f.mantissa_bits) & most;
  const double sign = bits >> (f.size * 8 - 1) ? -1.0 : 1.0;
  if (exponent == most && f.has_infinity) return mantissa ? kNaN : static_cast<float>(sign) * kInfinity;
  if (exponent == most && mantissa == (uint64_t{1} << f.mantissa_bits) - 1) return kNaN;
  const double one = std::ldexp(1.0, f.mantissa_bits);
  const double significand = static_cast<double>(mantissa) + (exponent ? one : 0.0);
  return static_cast<float>(sign *
                            std::ldexp(significand, (exponent ? exponent : 1) - bias - f.mantissa_bits));
}

void encode(int32_t dtype, float value, void* element) {
  const Format& f = kFormats[dtype];
  uint64_t bits = kCanonicalNaN[dtype];
  if (!std::isnan(value)) {
    const int most = (1 << f.exponent_bits) - 1, bias = most / 2;
    const uint64_t sign = std::signbit(value) ? uint64_t{1} << (f.size * 8 - 1) : 0;
    const double magnitude = std::fabs(static_cast<double>(value));
    int exponent = magnitude > 0 && std::isfinite(magnitude) ? std::ilogb(magnitude) : 1 - bias;
    if (exponent < 1 - bias) exponent = 1 - bias;
    // In units of the last place; rint rounds to nearest even.
    const double units = std::rint(std::ldexp(magnitude, f.mantissa_bits - exponent));
    const double rounded = std::ldexp(units, exponent - f.mantissa_bits);
    const double largest = f.has_infinity ? std::ldexp(2.0 - std::ldexp(1.0, -f.mantissa_bits), bias) : 448.0;
    if (rounded > largest) {
      bits = f.has_infinity ? sign | static_cast<uint64_t>(most) << f.mantissa_bits : kCanonicalNaN[dtype];
    } else {
      // A subnormal has exponent field 0 and units below one; adding the fields carries correctly.
      const uint64_t field = static_cast<uint64_t>(exponent + bias - 1) << f.mantissa_bits;
      bits = sign | (field + static_cast<uint64_t>(units));
    }
  }
  std::memcpy(element, &bits, f.size);
}

bool is_nonfinite(int32_t dtype, const void* element) { return !std::isfinite(decode(dtype, element)); }

std::array<uint32_t, 4> philox(std::array<uint32_t, 4> c, uint64_t key) {
  uint32_t k0 = static_cast<uint32_t>(key), k1 = static_cast<uint32_t>(key >> 32);
  for (int round = 0; round < 10; ++round) {
    const uint64_t p0 = uint64_t{0xd2511f53} * c[0], p1 = uint64_t{0xcd9e8d57} * c[2];
    c = {static_cast<uint32_t>(p1 >> 32) ^ c[1] ^ k0, static_cast<uint32_t>(p1),
         static_cast<uint32_t>(p0 >> 32) ^ c[3] ^ k1, static_cast<uint32_t>(p0)};
    k0 += 0x9e3779b9;
    k1 += 0xbb67ae85;
  }
  return c;
}

bool keeps(const fm_random& random, int64_t element) {
  const uint64_t counter = static_cast<uint64_t>(element / 64 * 16 + element % 16);
  const std::array<uint32_t, 4> words = philox(
      {static_cast<uint32_t>(counter), static_cast<uint32_t>(counter >> 32 & 0xffff) | random.model << 16,
       static_cast<uint32_t>(random.stream), static_cast<uint32_t>(random.stream >> 32)},
      random.seed);
  return words[element / 16 % 4] >= random.drop;
}

namespace {

float as_mask(bool b) { return b ? 1.0f : 0.0f; }

class ElementRun {
 public:
  ElementRun(const std::vector<uint32_t>& words, const fm_run& run, int64_t i, bool write)
      : w_(words), run_(run), i_(i), write_(write), models_(run.models), step_(models_ ? models_ : 1) {
    registers_ = w_.data() + 16;
    literals_ = registers_ + w_[3];
    code_ = literals_ + w_[10];
    values_.assign(w_[3], std::vector<float>(static_cast<size_t>(step_)));
    result_.reductions.resize(w_[12]);
    const int64_t index = run.first_element + i;
    uniforms_ = run.uniforms;
    if (run.row_length)
      uniforms_ += (index / run.row_length - run.first_element / run.row_length) * run.row_stride;
  }

  Element run() {
    for (uint32_t at = 0; at < w_[2]; ++at) {
      if (op(at) != FM_OP_FOR_MODELS) {
        step(at, 0, false);
        continue;
      }
      uint32_t end = at + 1;
      while (op(end) != FM_OP_END_MODELS) {
        if (op(end) == FM_OP_SUM_MODELS) values_[code_[end * 6 + 1]][0] = -0.0f;
        ++end;
      }
      for (int k = 0; k < models_; ++k)
        for (uint32_t inner = at + 1; inner < end; ++inner) step(inner, k, true);
      at = end;
    }
    return result_;
  }

 private:
  uint32_t op(uint32_t at) const { return code_[at * 6]; }

  float value(uint32_t word, int k) const {
    const uint32_t index = word & 0xffffff;
    switch (word >> 24) {
      case FM_OPERAND_REGISTER: return values_[index][registers_[index] & 1 ? k : 0];
      case FM_OPERAND_UNIFORM: return uniforms_[index];
      case FM_OPERAND_MODEL_UNIFORM: return uniforms_[w_[6] + index * models_ + k];
      default: return word == FM_NO_OPERAND ? 0.0f : std::bit_cast<float>(literals_[index]);
    }
  }

  float load(const fm_buffer& b) const {
    const char* element = static_cast<const char*>(b.data) + i_ * size_of(b.dtype);
    if (run_.flags & FM_FLAG_ZERO_NONFINITE && is_nonfinite(b.dtype, element)) return 0.0f;
    return decode(b.dtype, element);
  }

  bool within(uint32_t cut, float a, int k) const {
    const fm_cut& c = run_.cuts[cut * step_ + k];
    const uint32_t magnitude = std::bit_cast<uint32_t>(a) & 0x7fffffff;
    return magnitude > c.threshold || (magnitude == c.threshold && run_.first_element + i_ < c.index);
  }

  float round_to(int32_t dtype, float a) const {
    uint64_t element = 0;
    encode(dtype, a, &element);
    return decode(dtype, &element);
  }

  void step(uint32_t at, int k, bool in_loop) {
    const uint32_t* c = code_ + at * 6;
    const float a = value(c[2], k), b = value(c[3], k), third = value(c[4], k);
    const uint32_t immediate = c[5];
    const int entry = in_loop ? k : 0;
    switch (c[0]) {
      case FM_OP_STORE:
        if (write_) {
          const fm_buffer& o = run_.outputs[immediate];
          encode(o.dtype, a, static_cast<char*>(o.data) + i_ * size_of(o.dtype));
        }
        return;
      case FM_OP_REDUCE_SUM: result_.reductions[immediate].push_back(a); return;
      case FM_OP_REDUCE_ABS:
        result_.reductions[immediate].push_back(std::fabs(static_cast<double>(a)));
        return;
      case FM_OP_REDUCE_DOT:
        result_.reductions[immediate].push_back(static_cast<double>(a) * static_cast<double>(b));
        return;
      case FM_OP_REDUCE_GRAM:
        for (int x = 0; x < models_; ++x)
          for (int y = x; y < models_; ++y)
            result_.reductions[immediate].push_back(static_cast<double>(value(c[2], x)) *
                                                    static_cast<double>(value(c[2], y)));
        return;
      case FM_OP_HISTOGRAM:
        result_.histograms.emplace_back(static_cast<int32_t>(immediate) * step_ + entry, a);
        return;
      case FM_OP_SUM_MODELS: values_[c[1]][0] = values_[c[1]][0] + a; return;
      default: values_[c[1]][registers_[c[1]] & 1 ? k : 0] = result(c[0], a, b, third, immediate, entry, k);
    }
  }

  float result(uint32_t op, float a, float b, float c, uint32_t immediate, int entry, int k) const {
    switch (op) {
      case FM_OP_LOAD_SINGLE: return load(run_.single_inputs[immediate]);
      case FM_OP_LOAD_MODEL: return load(run_.model_inputs[k]);
      case FM_OP_MOVE: return a;
      case FM_OP_ADD: return a + b;
      case FM_OP_SUB: return a - b;
      case FM_OP_MUL: return a * b;
      case FM_OP_DIV: return a / b;
      case FM_OP_MIN: return b < a ? b : a;
      case FM_OP_MAX: return a < b ? b : a;
      case FM_OP_ABS: return std::copysign(a, 1.0f);
      case FM_OP_NEG: return std::copysign(a, std::signbit(a) ? 1.0f : -1.0f);
      case FM_OP_SQRT: return std::sqrt(a);
      case FM_OP_LESS: return as_mask(a < b);
      case FM_OP_LESS_EQUAL: return as_mask(a <= b);
      case FM_OP_EQUAL: return as_mask(a == b);
      case FM_OP_NOT_EQUAL: return as_mask(a != b);
      case FM_OP_AND: return as_mask(a != 0 && b != 0);
      case FM_OP_OR: return as_mask(a != 0 || b != 0);
      case FM_OP_NOT: return as_mask(a == 0);
      case FM_OP_SELECT: return a != 0 ? b : c;
      case FM_OP_SIGN: return a >= 0 ? 1.0f : -1.0f;
      case FM_OP_AGREES: return as_mask((std::signbit(b) ? -a : a) > 0);
      case FM_OP_KEEP_LARGEST: return within(immediate, a, entry) ? a : 0.0f;
      case FM_OP_KEEP_BAND:
        return within(immediate & 0xffff, a, entry) && !within(immediate >> 16, a, entry) ? a : 0.0f;
      case FM_OP_RANDOM_KEEP:
        return keeps(run_.randoms[immediate * step_ + entry], run_.first_element + i_) ? a : 0.0f;
      case FM_OP_ROUND_TO: return round_to(static_cast<int32_t>(immediate), a);
      default: return kNaN;
    }
  }

  const std::vector<uint32_t>& w_;
  const fm_run& run_;
  const int64_t i_;
  const bool write_;
  const int models_, step_;
  const uint32_t *registers_, *literals_, *code_;
  const float* uniforms_;
  std::vector<std::vector<float>> values_;
  Element result_;
};

}  // namespace

Element run_element(const std::vector<uint32_t>& words, const fm_run& run, int64_t i, bool write) {
  return ElementRun(words, run, i, write).run();
}

std::vector<double> reduce_range(const std::vector<uint32_t>& words, const fm_run& run, int64_t begin,
                                 int64_t end) {
  std::vector<std::vector<double>> level;
  for (int64_t leaf = begin; leaf < end; leaf += 4096) {
    std::vector<std::array<double, 16>> lanes;
    for (int64_t i = leaf; i < end && i < leaf + 4096; ++i) {
      const Element element = run_element(words, run, i, false);
      size_t value = 0;
      for (const auto& sink : element.reductions)
        for (const double term : sink) {
          if (lanes.size() <= value) lanes.push_back({});
          lanes[value++][(i - leaf) % 16] += term;
        }
    }
    std::vector<double> sums;
    for (std::array<double, 16>& l : lanes) {
      for (int width = 8; width; width /= 2)
        for (int j = 0; j < width; ++j) l[j] = l[j] + l[j + width];
      sums.push_back(l[0]);
    }
    level.push_back(sums);
  }
  while (level.size() > 1) {
    std::vector<std::vector<double>> next;
    for (size_t pair = 0; pair < level.size(); pair += 2) {
      std::vector<double> sums = level[pair];
      if (pair + 1 < level.size())
        for (size_t v = 0; v < sums.size(); ++v) sums[v] += level[pair + 1][v];
      next.push_back(sums);
    }
    level = next;
  }
  return level.empty() ? std::vector<double>{} : level[0];
}

}  // namespace fm_test
