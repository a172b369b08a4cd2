#include "operations.h"

namespace fm {
namespace {

constexpr Kind _ = Kind::kNone, V = Kind::kValue, R = Kind::kRegister, M = Kind::kMask;
constexpr Place kAny = Place::kAnywhere;

constexpr Operation kOperations[] = {
    {FM_OP_FOR_MODELS, "FOR_MODELS", _, {_, _, _}, Place::kOutside},
    {FM_OP_END_MODELS, "END_MODELS", _, {_, _, _}, Place::kLoop},
    {FM_OP_LOAD_SINGLE, "LOAD_SINGLE", V, {_, _, _}, kAny},
    {FM_OP_LOAD_MODEL, "LOAD_MODEL", V, {_, _, _}, Place::kLoop},
    {FM_OP_MOVE, "MOVE", V, {V, _, _}, kAny},
    {FM_OP_LOAD_ARRAY, "LOAD_ARRAY", V, {_, _, _}, kAny},
    {FM_OP_LOAD_MODEL_ARRAY, "LOAD_MODEL_ARRAY", V, {_, _, _}, Place::kLoop},
    {FM_OP_ADD, "ADD", V, {V, V, _}, kAny},
    {FM_OP_SUB, "SUB", V, {V, V, _}, kAny},
    {FM_OP_MUL, "MUL", V, {V, V, _}, kAny},
    {FM_OP_DIV, "DIV", V, {V, V, _}, kAny},
    {FM_OP_MIN, "MIN", V, {V, V, _}, kAny},
    {FM_OP_MAX, "MAX", V, {V, V, _}, kAny},
    {FM_OP_ABS, "ABS", V, {V, _, _}, kAny},
    {FM_OP_NEG, "NEG", V, {V, _, _}, kAny},
    {FM_OP_SQRT, "SQRT", V, {V, _, _}, kAny},
    {FM_OP_EXP, "EXP", V, {V, _, _}, kAny},
    {FM_OP_LOG, "LOG", V, {V, _, _}, kAny},
    {FM_OP_TANH, "TANH", V, {V, _, _}, kAny},
    {FM_OP_LESS, "LESS", M, {V, V, _}, kAny},
    {FM_OP_LESS_EQUAL, "LESS_EQUAL", M, {V, V, _}, kAny},
    {FM_OP_EQUAL, "EQUAL", M, {V, V, _}, kAny},
    {FM_OP_NOT_EQUAL, "NOT_EQUAL", M, {V, V, _}, kAny},
    {FM_OP_AND, "AND", M, {M, M, _}, kAny},
    {FM_OP_OR, "OR", M, {M, M, _}, kAny},
    {FM_OP_NOT, "NOT", M, {M, _, _}, kAny},
    {FM_OP_SELECT, "SELECT", V, {M, V, V}, kAny},
    {FM_OP_SIGN, "SIGN", V, {V, _, _}, kAny},
    {FM_OP_AGREES, "AGREES", M, {V, V, _}, kAny},
    {FM_OP_KEEP_LARGEST, "KEEP_LARGEST", V, {V, _, _}, kAny},
    {FM_OP_KEEP_BAND, "KEEP_BAND", V, {V, _, _}, kAny},
    {FM_OP_RANDOM_KEEP, "RANDOM_KEEP", V, {V, _, _}, kAny},
    {FM_OP_ROUND_TO, "ROUND_TO", V, {V, _, _}, kAny},
    {FM_OP_RANDOM_KEEP_AT, "RANDOM_KEEP_AT", V, {V, V, _}, kAny},
    {FM_OP_SUM_MODELS, "SUM_MODELS", V, {V, _, _}, Place::kLoop},
    {FM_OP_LARGEST_MODELS, "LARGEST_MODELS", V, {V, _, _}, Place::kLoop},
    {FM_OP_MAX_MODELS, "MAX_MODELS", V, {V, _, _}, Place::kLoop},
    {FM_OP_STORE, "STORE", _, {R, _, _}, Place::kOutside},
    {FM_OP_REDUCE_SUM, "REDUCE_SUM", _, {R, _, _}, kAny},
    {FM_OP_REDUCE_ABS, "REDUCE_ABS", _, {R, _, _}, kAny},
    {FM_OP_REDUCE_DOT, "REDUCE_DOT", _, {R, R, _}, kAny},
    {FM_OP_REDUCE_GRAM, "REDUCE_GRAM", _, {Kind::kPerModel, _, _}, Place::kOutside},
    {FM_OP_REDUCE_MAX, "REDUCE_MAX", _, {R, _, _}, kAny},
    {FM_OP_HISTOGRAM, "HISTOGRAM", _, {R, _, _}, kAny},
};

}  // namespace

const Operation* find_operation(uint32_t op) {
  for (const Operation& operation : kOperations)
    if (operation.op == op) return &operation;
  return nullptr;
}

}  // namespace fm
