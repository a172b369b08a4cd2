// tile_ops.h - the interpreter's operations on tiles, made of the primitives.
#ifndef FASTMERGE_CPU_ISA_TILE_OPS_H
#define FASTMERGE_CPU_ISA_TILE_OPS_H
#include "target_table.h"

namespace fm {
namespace {

// Runs a loop body over a tile; the common full tile gets a loop of fixed length.
template <class Body>
inline __attribute__((always_inline)) void for_tile(int32_t count, Body body) {
  if (count == kTile) {
    FM_FOR(i, kTile) body(i);
  } else {
    FM_FOR(i, count) body(i);
  }
}

template <class T>
inline __attribute__((always_inline)) const T* tile(const void* p) {
  return static_cast<const T*>(__builtin_assume_aligned(p, 64));
}

template <class T>
inline __attribute__((always_inline)) T* tile(void* p) {
  return static_cast<T*>(__builtin_assume_aligned(p, 64));
}

// An operand that is a tile or one float for all elements.
template <bool Tile>
struct Values {
  explicit Values(const void* p) : p_(tile<float>(p)) {}
  float operator[](fm_i64 i) const { return p_[i]; }
  const float* p_;
};
template <>
struct Values<false> {
  explicit Values(const void* p) : value_(*static_cast<const float*>(p)) {}
  float operator[](fm_i64) const { return value_; }
  float value_;
};

constexpr fm_u32 mask_of(bool b) { return b ? 0xffffffffu : 0u; }

#define FM_VERB(name, arguments, expression)                                                 \
  struct name {                                                                              \
    static inline __attribute__((always_inline)) auto apply arguments { return expression; } \
  }
FM_VERB(Move, (float a), a);
FM_VERB(Absolute, (float a), fm_abs(a));
FM_VERB(Negate, (float a), fm_neg(a));
FM_VERB(SquareRoot, (float a), fm_sqrt(a));
FM_VERB(Sign, (float a), fm_sign(a));
FM_VERB(Exponential, (float a), fm_exp(a));
FM_VERB(Logarithm, (float a), fm_log(a));
FM_VERB(HyperbolicTangent, (float a), fm_tanh(a));
FM_VERB(NearTangent, (float a), fm_tanh_near(a));
FM_VERB(LargerMagnitude, (float a, float b), fm_larger_magnitude(a, b));
FM_VERB(LargerOrNaN, (float a, float b), fm_larger_or_nan(a, b));
FM_VERB(Add, (float a, float b), a + b);
FM_VERB(Subtract, (float a, float b), a - b);
FM_VERB(Multiply, (float a, float b), a* b);
FM_VERB(Divide, (float a, float b), a / b);
FM_VERB(Minimum, (float a, float b), fm_min(a, b));
FM_VERB(Maximum, (float a, float b), fm_max(a, b));
FM_VERB(Less, (float a, float b), mask_of(a < b));
FM_VERB(LessEqual, (float a, float b), mask_of(a <= b));
FM_VERB(Equal, (float a, float b), mask_of(a == b));
FM_VERB(NotEqual, (float a, float b), mask_of(a != b));
FM_VERB(Agrees, (float a, float b), mask_of(fm_agrees(a, b)));
FM_VERB(And, (fm_u32 a, fm_u32 b), a& b);
FM_VERB(Or, (fm_u32 a, fm_u32 b), a | b);
#undef FM_VERB

template <class F, bool A>
void unary(const TileOp& op, int32_t count) {
  const Values<A> a(op.a);
  float* d = tile<float>(op.destination);
  for_tile(count, [&](fm_i64 i) { d[i] = F::apply(a[i]); });
}

// Most tiles need no exp.
inline void tangent(const TileOp& op, int32_t count) {
  const float* a = tile<float>(op.a);
  fm_u32 far = 0;
  for_tile(count, [&](fm_i64 i) { far |= fm_abs(a[i]) < FM_TANH_NEAR ? 0u : 1u; });
  far ? unary<HyperbolicTangent, true>(op, count) : unary<NearTangent, true>(op, count);
}

template <class F, bool A, bool B>
void binary(const TileOp& op, int32_t count) {
  const Values<A> a(op.a);
  const Values<B> b(op.b);
  using Result = decltype(F::apply(0.0f, 0.0f));
  Result* d = tile<Result>(op.destination);
  for_tile(count, [&](fm_i64 i) { d[i] = F::apply(a[i], b[i]); });
}

template <class F>
void masks(const TileOp& op, int32_t count) {
  const fm_u32 *a = tile<fm_u32>(op.a), *b = tile<fm_u32>(op.b);
  fm_u32* d = tile<fm_u32>(op.destination);
  for_tile(count, [&](fm_i64 i) { d[i] = F::apply(a[i], b[i]); });
}

inline void mask_not(const TileOp& op, int32_t count) {
  const fm_u32* a = tile<fm_u32>(op.a);
  fm_u32* d = tile<fm_u32>(op.destination);
  for_tile(count, [&](fm_i64 i) { d[i] = ~a[i]; });
}

template <bool B, bool C>
void select(const TileOp& op, int32_t count) {
  const fm_u32* a = tile<fm_u32>(op.a);
  const Values<B> b(op.b);
  const Values<C> c(op.c);
  float* d = tile<float>(op.destination);
  for_tile(count, [&](fm_i64 i) { d[i] = fm_choose(a[i] != 0, b[i], c[i]); });
}

template <bool A>
void keep_largest(const TileOp& op, int32_t count) {
  const Values<A> a(op.a);
  const fm_u32 cut = *static_cast<const fm_u32*>(op.b);
  float* d = tile<float>(op.destination);
  for_tile(count, [&](fm_i64 i) { d[i] = fm_keep_largest(a[i], cut); });
}

template <bool A>
void keep_band(const TileOp& op, int32_t count) {
  const Values<A> a(op.a);
  const fm_u32 lower = *static_cast<const fm_u32*>(op.b), upper = *static_cast<const fm_u32*>(op.c);
  float* d = tile<float>(op.destination);
  for_tile(count, [&](fm_i64 i) { d[i] = fm_keep_band(a[i], lower, upper); });
}

// The address of the current element of a buffer whose element 0 is found at a place.
template <class T>
inline __attribute__((always_inline)) T* at(const void* place, const void* offset) {
  return *static_cast<T* const*>(place) + *static_cast<const fm_i64*>(offset);
}

template <bool A>
void keep_random(const TileOp& op, int32_t count) {
  const Values<A> a(op.a);
  const fm_u32* mask = at<const fm_u32>(op.b, op.c);
  float* d = tile<float>(op.destination);
  for_tile(count, [&](fm_i64 i) { d[i] = fm_keep_random(a[i], mask[i]); });
}

// d: place of the words' address.
template <bool A, bool B>
void keep_at_random(const TileOp& op, int32_t count) {
  const Values<A> a(op.a);
  const Values<B> b(op.b);
  const fm_u32* words = at<const fm_u32>(op.d, op.c);
  float* d = tile<float>(op.destination);
  for_tile(count, [&](fm_i64 i) { d[i] = fm_keep_at_random(a[i], b[i], words[i]); });
}

inline void load_array(const TileOp& op, int32_t count) {
  const float* from = at<const float>(op.a, op.c);
  float* d = tile<float>(op.destination);
  for_tile(count, [&](fm_i64 i) { d[i] = from[i]; });
}

// ---- fused operations ----

inline void keep_largest_multiply(const TileOp& op, int32_t count) {
  const float *a = tile<float>(op.a), factor = *static_cast<const float*>(op.d);
  const fm_u32 cut = *static_cast<const fm_u32*>(op.b);
  float* d = tile<float>(op.destination);
  for_tile(count, [&](fm_i64 i) { d[i] = fm_keep_largest(a[i], cut) * factor; });
}

inline void keep_band_multiply(const TileOp& op, int32_t count) {
  const float *a = tile<float>(op.a), factor = *static_cast<const float*>(op.d);
  const fm_u32 lower = *static_cast<const fm_u32*>(op.b), upper = *static_cast<const fm_u32*>(op.c);
  float* d = tile<float>(op.destination);
  for_tile(count, [&](fm_i64 i) { d[i] = fm_keep_band(a[i], lower, upper) * factor; });
}

inline void keep_random_multiply(const TileOp& op, int32_t count) {
  const float *a = tile<float>(op.a), factor = *static_cast<const float*>(op.d);
  const fm_u32* mask = at<const fm_u32>(op.b, op.c);
  float* d = tile<float>(op.destination);
  for_tile(count, [&](fm_i64 i) { d[i] = fm_keep_random(a[i], mask[i]) * factor; });
}

// Adds terms to a sum over the models, or starts it with the first model's.
template <class Term>
inline __attribute__((always_inline)) void add_terms(const TileOp& op, int32_t count, Term term) {
  float* sum = tile<float>(op.destination);
  if (op.number == 0)
    for_tile(count, [&](fm_i64 i) { sum[i] = term(i); });
  else
    for_tile(count, [&](fm_i64 i) { sum[i] = sum[i] + term(i); });
}

template <bool C>
void agrees_select_sum(const TileOp& op, int32_t count) {
  const float *a = tile<float>(op.a), *b = tile<float>(op.b), other = *static_cast<const float*>(op.d);
  const Values<C> c(op.c);
  add_terms(op, count, [&](fm_i64 i) { return fm_choose(fm_agrees(a[i], b[i]), c[i], other); });
}

inline void multiply_sum(const TileOp& op, int32_t count) {
  const float *a = tile<float>(op.a), factor = *static_cast<const float*>(op.b);
  add_terms(op, count, [&](fm_i64 i) { return a[i] * factor; });
}

inline void multiply_add(const TileOp& op, int32_t count) {
  const float *a = tile<float>(op.a), factor = *static_cast<const float*>(op.b), *c = tile<float>(op.c);
  float* d = tile<float>(op.destination);
  for_tile(count, [&](fm_i64 i) { d[i] = a[i] * factor + c[i]; });
}

#define FM_DTYPE_OPS(tag)                                                        \
  inline void load_##tag(const TileOp& op, int32_t count) {                      \
    const fm_t_##tag* from = at<const fm_t_##tag>(op.a, op.c);                   \
    float* d = tile<float>(op.destination);                                      \
    for_tile(count, [&](fm_i64 i) { d[i] = fm_dec_##tag(from[i]); });            \
  }                                                                              \
  inline void load_subtract_##tag(const TileOp& op, int32_t count) {             \
    const fm_t_##tag* from = at<const fm_t_##tag>(op.a, op.c);                   \
    const float* b = tile<float>(op.b);                                          \
    float* d = tile<float>(op.destination);                                      \
    for_tile(count, [&](fm_i64 i) { d[i] = fm_dec_##tag(from[i]) - b[i]; });     \
  }                                                                              \
  inline void store_##tag(const TileOp& op, int32_t count) {                     \
    const float* a = tile<float>(op.a);                                          \
    fm_t_##tag* to = at<fm_t_##tag>(op.destination, op.c);                       \
    for_tile(count, [&](fm_i64 i) { to[i] = fm_enc_##tag(a[i]); });              \
  }                                                                              \
  template <bool A>                                                              \
  void round_##tag(const TileOp& op, int32_t count) {                            \
    const Values<A> a(op.a);                                                     \
    float* d = tile<float>(op.destination);                                      \
    for_tile(count, [&](fm_i64 i) { d[i] = fm_dec_##tag(fm_enc_##tag(a[i])); }); \
  }
FM_DTYPE_OPS(f32)
FM_DTYPE_OPS(f16)
FM_DTYPE_OPS(bf16)
FM_DTYPE_OPS(f64)
FM_DTYPE_OPS(e4m3)
FM_DTYPE_OPS(e5m2)
#undef FM_DTYPE_OPS

}  // namespace
}  // namespace fm
#endif
