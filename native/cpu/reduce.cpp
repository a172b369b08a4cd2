// reduce.cpp - binary64 sums over the fixed tree: leaves of 4096 elements, 16 lanes, pairs by index; largest
// values over the same tree; and sums by column, in index order.
#include <algorithm>
#include <cmath>
#include <limits>

#include "../memory/guard.h"
#include "errors.h"
#include "interpreter.h"
#include "targets.h"

namespace fm {
namespace {

constexpr int64_t kLeaf = 4096;
constexpr int kLevels = 24;  // 2^31 elements are 2^19 leaves

// Sums and largest values side by side: what a value begins with and how two of them join.
class Joiner {
 public:
  void plan(Arena& arena, int64_t values) const { arena.plan<uint8_t>(values); }
  void take(Arena& arena, const fm_program& program, int32_t models, int64_t values) {
    maxima_ = arena.take<uint8_t>(values);
    fm_program_maxima(&program, models, maxima_, values, nullptr);
  }
  double start(int64_t value) const {
    return maxima_[value] ? -std::numeric_limits<double>::infinity() : 0.0;
  }
  double join(int64_t value, double a, double b) const {
    if (!maxima_[value]) return a + b;
    return a >= b || std::isnan(a) ? a : b;
  }
  // One NaN, and of a largest value one zero, whose sign would depend on the tree.
  double clean(int64_t value, double a) const {
    if (std::isnan(a)) return std::numeric_limits<double>::quiet_NaN();
    return maxima_[value] ? a + 0.0 : a;
  }

 private:
  uint8_t* maxima_ = nullptr;
};

// Adds leaves pairwise by index, an odd one carried up: the stack holds one sum for each bit of their number.
class Tree {
 public:
  explicit Tree(const Joiner& joiner) : joiner_(joiner) {}
  void plan(Arena& arena, int64_t values) const { arena.plan<double>(values * kLevels); }
  void take(Arena& arena, int64_t values) {
    sums_ = arena.take<double>(values * kLevels);
    values_ = values;
  }
  void clear() { leaves_ = stacked_ = 0; }

  // The next leaf's values go here.
  double* next() { return sums_ + stacked_ * values_; }

  void push() {
    ++stacked_;
    for (int64_t leaves = ++leaves_; leaves % 2 == 0; leaves /= 2) merge_top();
  }

  // Gives the sum of everything pushed.
  void finish(double* to) {
    while (stacked_ > 1) merge_top();
    for (int64_t v = 0; v < values_; ++v) {
      to[v] = joiner_.clean(v, leaves_ ? sums_[v] : joiner_.start(v));
    }
  }

 private:
  void merge_top() {
    --stacked_;
    double *low = sums_ + (stacked_ - 1) * values_, *high = low + values_;
    for (int64_t v = 0; v < values_; ++v) low[v] = joiner_.join(v, low[v], high[v]);
  }

  const Joiner& joiner_;
  double* sums_ = nullptr;
  int64_t values_ = 0, leaves_ = 0, stacked_ = 0;
};

double fold_lanes(const Joiner& joiner, int64_t value, double* lanes) {
  for (int step = kLanes / 2; step > 0; step /= 2)
    for (int i = 0; i < step; ++i) lanes[i] = joiner.join(value, lanes[i], lanes[i + step]);
  return lanes[0];
}

// The rows whose sums are apart; 0 where the chunk has one.
int64_t rows_apart(const fm_run& run) {
  return run.flags & (FM_FLAG_JOIN_ROWS | FM_FLAG_PART_OF_ROW) ? 0 : run.row_length;
}

// The chunk's first element, counted from where its tree begins.
int64_t tree_start(const fm_run& run) {
  const bool part = run.flags & FM_FLAG_PART_OF_ROW && run.row_length;
  return part ? run.first_element % run.row_length : run.first_element;
}

fm_status check_chunk(const fm_program& program, const fm_run& run, const double* sums, int64_t sum_count,
                      fm_error* error) {
  const int64_t row = rows_apart(run);
  if (!row && tree_start(run) % kLeaf)
    return fail(error, FM_INVALID_ARGUMENT, "reduce: first_element is %lld, a multiple of 4096 is accepted",
                static_cast<long long>(tree_start(run)));
  if (row && (run.first_element % row || run.element_count % row))
    return fail(error, FM_INVALID_ARGUMENT, "reduce: elements %lld + %lld are not whole rows of %lld",
                static_cast<long long>(run.first_element), static_cast<long long>(run.element_count),
                static_cast<long long>(row));
  const int64_t needed = program.reduction_count(run.models) * (row ? run.element_count / row : 1);
  if (sum_count < needed || (needed && !sums))
    return fail(error, FM_INVALID_ARGUMENT, "reduce: room for %lld sums, %lld are needed",
                static_cast<long long>(sum_count), static_cast<long long>(needed));
  return FM_OK;
}

}  // namespace
}  // namespace fm

extern "C" fm_status fm_reduce_run(const fm_program* program, fm_run* run, double* sums, int64_t sum_count,
                                   fm_error* error) {
  using namespace fm;
  fm_status status = check_run(program, run, Pass::kReduce, error);
  if (!status) status = check_chunk(*program, *run, sums, sum_count, error);
  const TargetTable* table;
  if (!status) status = current_target(&table, error);
  if (status) return status;
  const int64_t values = program->reduction_count(run->models);
  ChunkWalk walk(*program, *run, Pass::kReduce, *table);
  Interpreter interpreter(*program, *run, Pass::kReduce, *table, walk);
  Joiner joiner;
  Tree tree(joiner);
  Arena arena;
  walk.plan(arena);
  interpreter.plan(arena);
  tree.plan(arena, values);
  joiner.plan(arena, values);
  arena.plan<double>(values * kLanes);
  if (!arena.allocate()) return fail(error, FM_OUT_OF_MEMORY, "reduce: no memory for the scratch");
  walk.take(arena);
  interpreter.take(arena);
  tree.take(arena, values);
  joiner.take(arena, *program, run->models, values);
  interpreter.lanes = arena.take<double>(values * kLanes);
  interpreter.prepare();
  const auto add_block = [&](int32_t count) {
    interpreter.run_block(count);
    interpreter.lane += count;
  };
  const auto clear_lanes = [&] {
    for (int64_t v = 0; v < values; ++v) std::fill_n(interpreter.lanes + v * kLanes, kLanes, joiner.start(v));
    interpreter.lane = 0;
  };
  const auto add_leaf = [&](int64_t begin, int64_t end) {
    clear_lanes();
    walk.over_raw(begin, end, add_block);
    if (!walk.are_finite(begin, end)) {
      clear_lanes();
      walk.over_clean(begin, end, add_block);
    }
    double* leaf = tree.next();
    for (int64_t v = 0; v < values; ++v) leaf[v] = fold_lanes(joiner, v, interpreter.lanes + v * kLanes);
    tree.push();
  };
  const auto add_range = [&](int64_t begin, int64_t end, double* to) {
    tree.clear();
    for (int64_t at = begin; at < end; at += kLeaf) add_leaf(at, std::min(at + kLeaf, end));
    tree.finish(to);
  };
  return guarded(
      [&] {
        const int64_t n = run->element_count, row = rows_apart(*run);
        if (!row) add_range(0, n, sums);
        for (int64_t r = 0; row && r < n / row; ++r) add_range(r * row, (r + 1) * row, sums + r * values);
      },
      error);
}

extern "C" fm_status fm_reduce_columns_run(const fm_program* program, fm_run* run, double* values,
                                           int64_t value_count, fm_error* error) {
  using namespace fm;
  fm_status status = check_run(program, run, Pass::kColumns, error);
  if (status) return status;
  const int64_t columns = run->row_length, count = program->reduction_count(run->models);
  if (columns < 1 || value_count != count * columns || !values)
    return fail(error, FM_INVALID_ARGUMENT, "reduce: %lld values of %lld columns, %lld of each are needed",
                static_cast<long long>(value_count), static_cast<long long>(columns),
                static_cast<long long>(count));
  const TargetTable* table;
  if ((status = current_target(&table, error))) return status;
  fm_run steady = *run;
  steady.row_stride = 0;
  ChunkWalk walk(*program, steady, Pass::kColumns, *table);
  Interpreter interpreter(*program, steady, Pass::kColumns, *table, walk);
  Joiner joiner;
  Arena arena;
  walk.plan(arena);
  interpreter.plan(arena);
  joiner.plan(arena, count);
  if (!arena.allocate()) return fail(error, FM_OUT_OF_MEMORY, "reduce: no memory for the scratch");
  walk.take(arena);
  interpreter.take(arena);
  joiner.take(arena, *program, run->models, count);
  for (int64_t v = 0; run->first_element == 0 && v < count; ++v)
    std::fill_n(values + v * columns, columns, joiner.start(v));
  interpreter.columns = values;
  interpreter.prepare();
  return guarded(
      [&] { walk.over_clean(0, run->element_count, [&](int32_t n) { interpreter.run_block(n); }); }, error);
}
