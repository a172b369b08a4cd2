#include "oracle.h"

#include <algorithm>
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

uint32_t random_word(const fm_random& random, int64_t element) {
  const uint64_t counter = static_cast<uint64_t>(element / 64 * 16 + element % 16);
  const std::array<uint32_t, 4> words = philox(
      {static_cast<uint32_t>(counter), static_cast<uint32_t>(counter >> 32 & 0xffff) | random.model << 16,
       static_cast<uint32_t>(random.stream), static_cast<uint32_t>(random.stream >> 32)},
      random.seed);
  return words[element / 16 % 4];
}

bool keeps(const fm_random& random, int64_t element) { return random_word(random, element) >= random.drop; }

bool keeps_at(uint32_t word, float probability) {
  const double p = static_cast<double>(probability);
  if (!(p > 0)) return false;
  if (p >= 1) return true;
  return word >= std::min(4294967295.0, 4294967296.0 - std::nearbyint(p * 4294967296.0));
}

namespace {

float polynomial(float x, std::initializer_list<float> highest_first) {
  float sum = 0;
  for (const float c : highest_first) sum = c + x * sum;
  return sum;
}

constexpr float kLn2High = 0.693359375f;
const float kLn2Low = static_cast<float>(0.69314718055994530942 - 0.693359375);

}  // namespace

float exponential(float a) {
  if (std::isnan(a)) return a;
  const float x = std::fmax(std::fmin(a, 89.0f), -104.0f);
  const float k = std::nearbyint(x * 1.44269504f);
  const float r = (x - k * kLn2High) - k * kLn2Low;
  const float q = polynomial(r, {0.00138144649f, 0.00836878084f, 0.0416683927f, 0.166665196f, 0.49999994f});
  return std::ldexp(1.0f + (r + (r * r) * q), static_cast<int>(k));
}

float logarithm(float a) {
  if (std::isnan(a) || a < 0) return kNaN;
  if (a == 0) return -kInfinity;
  if (std::isinf(a)) return a;
  int exponent = 0;
  float m = std::frexp(a, &exponent);
  if (m < 0.70710677f) m *= 2, --exponent;
  const float f = m - 1.0f, k = static_cast<float>(exponent);
  const float s = f / (2.0f + f), z = s * s, h = 0.5f * (f * f);
  const float q = z * polynomial(z, {0.235835344f, 0.285372406f, 0.400003374f, 0.666666627f});
  return k * kLn2High + (f - (h - (s * (h + q) + k * kLn2Low)));
}

float hyperbolic_tangent(float a) {
  if (std::isnan(a)) return a;
  const float x = std::fabs(a), z = x * x;
  const float q =
      polynomial(z, {-0.00605685543f, 0.0209202636f, -0.0538164265f, 0.133322567f, -0.333333075f});
  const float r = x < 0.55f ? x + (x * z) * q : 1.0f - 2.0f / (exponential(x + x) + 1.0f);
  return std::copysign(r, a);
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
        if (is_fold(op(end))) values_[code_[end * 6 + 1]][0] = start_of(op(end));
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

  static bool is_fold(uint32_t op) { return op >= FM_OP_SUM_MODELS && op <= FM_OP_MAX_MODELS; }
  static float start_of(uint32_t op) {
    return op == FM_OP_SUM_MODELS ? -0.0f : op == FM_OP_LARGEST_MODELS ? 0.0f : -kInfinity;
  }
  static uint32_t magnitude(float a) { return std::bit_cast<uint32_t>(a) & 0x7fffffff; }
  static float folded(uint32_t op, float fold, float a) {
    if (op == FM_OP_SUM_MODELS) return fold + a;
    if (op == FM_OP_LARGEST_MODELS) return magnitude(fold) > magnitude(a) ? fold : a;
    return std::isnan(fold) || fold >= a ? fold : a;
  }

  float array(uint32_t index) const {
    const fm_array& from = run_.arrays[index];
    return from.data[from.period ? (run_.first_element + i_) % from.period : i_];
  }

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
      case FM_OP_REDUCE_MAX:
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
      case FM_OP_SUM_MODELS:
      case FM_OP_LARGEST_MODELS:
      case FM_OP_MAX_MODELS: values_[c[1]][0] = folded(c[0], values_[c[1]][0], a); return;
      default: values_[c[1]][registers_[c[1]] & 1 ? k : 0] = result(c[0], a, b, third, immediate, entry, k);
    }
  }

  float result(uint32_t op, float a, float b, float c, uint32_t immediate, int entry, int k) const {
    switch (op) {
      case FM_OP_LOAD_SINGLE: return load(run_.single_inputs[immediate]);
      case FM_OP_LOAD_MODEL: return load(run_.model_inputs[k]);
      case FM_OP_LOAD_ARRAY: return array(immediate);
      case FM_OP_LOAD_MODEL_ARRAY: return array(w_[14] + immediate * static_cast<uint32_t>(models_) + k);
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
      case FM_OP_EXP: return exponential(a);
      case FM_OP_LOG: return logarithm(a);
      case FM_OP_TANH: return hyperbolic_tangent(a);
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
      case FM_OP_RANDOM_KEEP_AT:
        return keeps_at(random_word(run_.randoms[immediate * step_ + entry], run_.first_element + i_), b)
                   ? a
                   : 0.0f;
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

namespace {

// Whether each reduction sink is fed by REDUCE_MAX.
std::vector<bool> maximum_sinks(const std::vector<uint32_t>& words) {
  std::vector<bool> maxima(words[12]);
  const uint32_t* code = words.data() + 16 + words[3] + words[10];
  for (uint32_t at = 0; at < words[2]; ++at)
    if (code[at * 6] == FM_OP_REDUCE_MAX) maxima[code[at * 6 + 5]] = true;
  return maxima;
}

double start_of(bool maximum) { return maximum ? -std::numeric_limits<double>::infinity() : 0.0; }

double join(bool maximum, double a, double b) {
  if (!maximum) return a + b;
  // A largest zero is +0: which of two comes first depends on the tree.
  return std::isnan(a) || a >= b ? a + 0.0 : b + 0.0;
}

}  // namespace

std::vector<double> reduce_columns(const std::vector<uint32_t>& words, const fm_run& run) {
  const std::vector<bool> maxima = maximum_sinks(words);
  std::vector<double> values;
  for (int64_t i = 0; i < run.element_count; ++i) {
    const Element element = run_element(words, run, i, false);
    size_t value = 0;
    for (size_t sink = 0; sink < element.reductions.size(); ++sink)
      for (const double term : element.reductions[sink]) {
        const size_t row = static_cast<size_t>(run.row_length);
        while (values.size() < (value + 1) * row) values.push_back(start_of(maxima[sink]));
        double& sum = values[value++ * row + static_cast<size_t>(i) % row];
        sum = join(maxima[sink], sum, term);
      }
  }
  return values;
}

std::vector<double> reduce_range(const std::vector<uint32_t>& words, const fm_run& run, int64_t begin,
                                 int64_t end) {
  const std::vector<bool> maxima = maximum_sinks(words);
  std::vector<bool> maximum;  // of each value
  std::vector<std::vector<double>> level;
  for (int64_t leaf = begin; leaf < end; leaf += 4096) {
    std::vector<std::array<double, 16>> lanes;
    for (int64_t i = leaf; i < end && i < leaf + 4096; ++i) {
      const Element element = run_element(words, run, i, false);
      size_t value = 0;
      for (size_t sink = 0; sink < element.reductions.size(); ++sink)
        for (const double term : element.reductions[sink]) {
          if (lanes.size() <= value) lanes.emplace_back().fill(start_of(maxima[sink]));
          if (maximum.size() <= value) maximum.push_back(maxima[sink]);
          double& lane = lanes[value][(i - leaf) % 16];
          lane = join(maximum[value++], lane, term);
        }
    }
    std::vector<double> sums;
    for (size_t v = 0; v < lanes.size(); ++v) {
      std::array<double, 16>& l = lanes[v];
      for (int width = 8; width; width /= 2)
        for (int j = 0; j < width; ++j) l[j] = join(maximum[v], l[j], l[j + width]);
      sums.push_back(l[0]);
    }
    level.push_back(sums);
  }
  while (level.size() > 1) {
    std::vector<std::vector<double>> next;
    for (size_t pair = 0; pair < level.size(); pair += 2) {
      std::vector<double> sums = level[pair];
      if (pair + 1 < level.size())
        for (size_t v = 0; v < sums.size(); ++v) sums[v] = join(maximum[v], sums[v], level[pair + 1][v]);
      next.push_back(sums);
    }
    level = next;
  }
  return level.empty() ? std::vector<double>{} : level[0];
}

}  // namespace fm_test
