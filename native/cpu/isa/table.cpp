// table.cpp - the table of one instruction-set level (FM_TARGET, FM_TARGET_NAME).
#include <utility>

#include "band_step.h"
#include "low_rank_ops.h"
#include "nonfinite.h"
#include "random.h"
#include "reduce_ops.h"
#include "tile_ops.h"
#include "window_ops.h"

namespace fm {
namespace {

template <class F>
void set_unary(TargetTable& t, int op) {
  t.operations[op][0] = unary<F, false>;
  t.operations[op][1] = unary<F, true>;
}

template <class F>
void set_binary(TargetTable& t, int op) {
  t.operations[op][0] = binary<F, false, false>;
  t.operations[op][1] = binary<F, true, false>;
  t.operations[op][2] = binary<F, false, true>;
  t.operations[op][3] = binary<F, true, true>;
}

void set_arithmetic(TargetTable& t) {
  set_unary<Move>(t, FM_OP_MOVE);
  set_binary<Add>(t, FM_OP_ADD);
  set_binary<Subtract>(t, FM_OP_SUB);
  set_binary<Multiply>(t, FM_OP_MUL);
  set_binary<Divide>(t, FM_OP_DIV);
  set_binary<Minimum>(t, FM_OP_MIN);
  set_binary<Maximum>(t, FM_OP_MAX);
  set_unary<Absolute>(t, FM_OP_ABS);
  set_unary<Negate>(t, FM_OP_NEG);
  set_unary<SquareRoot>(t, FM_OP_SQRT);
  set_unary<Sign>(t, FM_OP_SIGN);
  set_unary<Exponential>(t, FM_OP_EXP);
  set_unary<Logarithm>(t, FM_OP_LOG);
  set_unary<HyperbolicTangent>(t, FM_OP_TANH);
  t.operations[FM_OP_TANH][1] = tangent;
  set_binary<LargerMagnitude>(t, FM_OP_LARGEST_MODELS);
  set_binary<LargerOrNaN>(t, FM_OP_MAX_MODELS);
}

void set_masks(TargetTable& t) {
  set_binary<Less>(t, FM_OP_LESS);
  set_binary<LessEqual>(t, FM_OP_LESS_EQUAL);
  set_binary<Equal>(t, FM_OP_EQUAL);
  set_binary<NotEqual>(t, FM_OP_NOT_EQUAL);
  set_binary<Agrees>(t, FM_OP_AGREES);
  t.operations[FM_OP_AND][3] = masks<And>;
  t.operations[FM_OP_OR][3] = masks<Or>;
  t.operations[FM_OP_NOT][1] = mask_not;
  t.operations[FM_OP_SELECT][1] = select<false, false>;
  t.operations[FM_OP_SELECT][3] = select<true, false>;
  t.operations[FM_OP_SELECT][5] = select<false, true>;
  t.operations[FM_OP_SELECT][7] = select<true, true>;
}

void set_keeps_and_sinks(TargetTable& t) {
  t.operations[FM_OP_KEEP_LARGEST][0] = keep_largest<false>;
  t.operations[FM_OP_KEEP_LARGEST][1] = keep_largest<true>;
  t.operations[FM_OP_KEEP_BAND][0] = keep_band<false>;
  t.operations[FM_OP_KEEP_BAND][1] = keep_band<true>;
  t.operations[FM_OP_RANDOM_KEEP][0] = keep_random<false>;
  t.operations[FM_OP_RANDOM_KEEP][1] = keep_random<true>;
  t.operations[FM_OP_RANDOM_KEEP_AT][0] = keep_at_random<false, false>;
  t.operations[FM_OP_RANDOM_KEEP_AT][1] = keep_at_random<true, false>;
  t.operations[FM_OP_RANDOM_KEEP_AT][2] = keep_at_random<false, true>;
  t.operations[FM_OP_RANDOM_KEEP_AT][3] = keep_at_random<true, true>;
  t.operations[FM_OP_LOAD_ARRAY][0] = t.operations[FM_OP_LOAD_MODEL_ARRAY][0] = load_array;
  t.operations[FM_OP_REDUCE_MAX][1] = reduce<MaximumTerm>;
  t.column_sum = reduce_columns<SumTerm>;
  t.column_absolute = reduce_columns<AbsoluteTerm>;
  t.column_dot = reduce_columns<DotTerm>;
  t.column_maximum = reduce_columns<MaximumTerm>;
  t.operations[FM_OP_REDUCE_SUM][1] = reduce<SumTerm>;
  t.operations[FM_OP_REDUCE_ABS][1] = reduce<AbsoluteTerm>;
  t.operations[FM_OP_REDUCE_DOT][3] = reduce<DotTerm>;
  t.operations[FM_OP_REDUCE_GRAM][1] = gram;
}

void set_fused(TargetTable& t) {
  t.operations[kKeepLargestMultiply][1] = keep_largest_multiply;
  t.operations[kKeepBandMultiply][1] = keep_band_multiply;
  t.operations[kRandomKeepMultiply][1] = keep_random_multiply;
  t.operations[kAgreesSelectSum][3] = agrees_select_sum<false>;
  t.operations[kAgreesSelectSum][7] = agrees_select_sum<true>;
  t.operations[kMultiplySum][1] = multiply_sum;
  t.operations[kMultiplyAdd][5] = multiply_add;
}

#define FM_SET_DTYPE(dtype, tag, Bits)              \
  t.load[dtype] = load_##tag;                       \
  t.load_subtract[dtype] = load_subtract_##tag;     \
  t.store[dtype] = store_##tag;                     \
  t.round_to[dtype][0] = round_##tag<false>;        \
  t.round_to[dtype][1] = round_##tag<true>;         \
  t.count_nonfinite[dtype] = count_nonfinite<Bits>; \
  t.sanitise[dtype] = sanitise<Bits>

void set_dtypes(TargetTable& t) {
  FM_SET_DTYPE(FM_F32, f32, F32Bits);
  FM_SET_DTYPE(FM_F16, f16, F16Bits);
  FM_SET_DTYPE(FM_BF16, bf16, Bf16Bits);
  FM_SET_DTYPE(FM_F64, f64, F64Bits);
  FM_SET_DTYPE(FM_F8_E4M3, e4m3, E4m3Bits);
  FM_SET_DTYPE(FM_F8_E5M2, e5m2, E5m2Bits);
}
#undef FM_SET_DTYPE

}  // namespace

namespace FM_TARGET {
template <int Part>
CataloguePart catalogue_part();

template <int... Parts>
void set_catalogue(TargetTable& t, std::integer_sequence<int, Parts...>) {
  ((t.catalogue[Parts] = catalogue_part<Parts>()), ...);
}

void fill_table(TargetTable& t) {
  t.name = FM_TARGET_NAME;
  set_arithmetic(t);
  set_masks(t);
  set_keeps_and_sinks(t);
  set_fused(t);
  set_dtypes(t);
  t.random_masks = random_masks;
  t.random_words = random_words;
  t.window_members = window_members;
  t.band_step_f32 = band_step<float>;
  t.band_step_f64 = band_step<double>;
  t.add_products[0] = add_products<kUpdateRows>;
  t.add_products[1] = add_products<1>;
  t.sum_of_squares = sum_of_squares;
  t.scale_by = scale_by;
  set_catalogue(t, std::make_integer_sequence<int, FM_CATALOGUE_PARTS>{});
}
}  // namespace FM_TARGET
}  // namespace fm
