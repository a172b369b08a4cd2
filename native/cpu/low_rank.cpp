// low_rank.cpp - tensors with a low-rank update: decoded, then updated in tiles of rows and columns.
#include <algorithm>
#include <cmath>

#include "errors.h"
#include "memory/guard.h"
#include "run_check.h"
#include "targets.h"

namespace fm {
namespace {

constexpr int64_t kMost = int64_t{1} << 52;

// Decodes a buffer tile by tile and gives each to `take(values, first, count)`.
template <class Take>
fm_status decode(const TargetTable& table, fm_buffer& source, int64_t count, uint32_t flags, fm_error* error,
                 Take&& take) {
  return guarded(
      [&] {
        alignas(64) float values[kTile];
        alignas(64) double clean[kTile];  // room for a tile of any dtype
        for (int64_t first = 0; first < count; first += kTile) {
          const int32_t n = static_cast<int32_t>(std::min<int64_t>(kTile, count - first));
          const void* data = static_cast<const char*>(source.data) + first * size_of(source.dtype);
          if (const int64_t found = table.count_nonfinite[source.dtype](data, n)) {
            source.nonfinite += found;
            table.sanitise[source.dtype](data, clean, n, flags & FM_FLAG_ZERO_NONFINITE);
            data = clean;
          }
          const int64_t start = 0;
          TileOp load{};
          load.destination = values;
          load.a = &data;
          load.c = &start;
          table.load[source.dtype](load, n);
          take(values, first, n);
        }
      },
      error);
}

fm_status check_buffer(const fm_buffer* buffer, int64_t count, fm_error* error) {
  if (!buffer || (!buffer->data && count) || buffer->dtype < 0 || buffer->dtype >= FM_DTYPE_COUNT)
    return fail(error, FM_INVALID_ARGUMENT, "low rank: no data, or dtype %d, accepted are 0 to %d",
                buffer ? buffer->dtype : -1, FM_DTYPE_COUNT - 1);
  return FM_OK;
}

fm_status check(const fm_low_rank& u, const float* output, fm_error* error) {
  const auto refuse = [&](const char* what, int64_t value, const char* accepted) {
    return fail(error, FM_INVALID_ARGUMENT, "low rank: %s is %lld, accepted is %s", what,
                static_cast<long long>(value), accepted);
  };
  if (u.struct_size != static_cast<int32_t>(sizeof(fm_low_rank)))
    return refuse("struct_size", u.struct_size, "sizeof(fm_low_rank)");
  if (u.flags & ~uint32_t{FM_FLAG_ZERO_NONFINITE}) return refuse("flags", u.flags, "0 or 2");
  if (u.columns < 1 || u.columns > kMost) return refuse("columns", u.columns, "1 to 2^52");
  if (u.rows < 1 || u.rows > kMost / u.columns) return refuse("rows", u.rows, "1 to 2^52 / columns");
  if (u.matrices < 1 || u.matrices > kMost / u.columns / u.rows)
    return refuse("matrices", u.matrices, "1 to 2^52 / (rows * columns)");
  if (u.rank < 1 || u.rank > INT32_MAX) return refuse("rank", u.rank, "1 to 2^31 - 1");
  if (u.right_stride < (u.columns + kUpdateColumns - 1) / kUpdateColumns * kUpdateColumns)
    return refuse("right_stride", u.right_stride, "columns rounded up to 64, or more");
  if (u.element_count < 0 || u.element_count > INT32_MAX)
    return refuse("element_count", u.element_count, "0 to 2^31 - 1");
  if (u.first_element < 0 || u.first_element > u.matrices * u.rows * u.columns - u.element_count)
    return refuse("first_element", u.first_element, "a chunk within the matrices");
  if (u.magnitudes && (u.first_element % u.columns || u.element_count % u.columns))
    return refuse("first_element", u.first_element, "whole rows where there are magnitudes");
  if (!u.left || !u.right || (!output && u.element_count))
    return fail(error, FM_INVALID_ARGUMENT, "low rank: factors and an output are needed");
  return FM_OK;
}

// The update of rows [row, row + count) of one matrix, numbered through all of them, in a tile of columns.
void add_tile(const TargetTable& table, const fm_low_rank& u, int64_t row, int32_t count, int64_t column,
              float* output) {
  const int64_t last = u.first_element + u.element_count;
  const int64_t end = std::min(column + kUpdateColumns, u.columns);
  UpdateTile tile{};
  tile.left = u.left + row * u.rank;
  tile.right = u.right + row / u.rows * u.rank * u.right_stride + column;
  tile.rank = u.rank;
  tile.right_stride = u.right_stride;
  tile.scale = u.scale;
  for (int32_t r = 0; r < count; ++r) {
    const int64_t start = (row + r) * u.columns;
    const int64_t from = std::clamp(u.first_element - start, column, end);
    const int64_t to = std::clamp(last - start, from, end);
    tile.begin[r] = static_cast<int32_t>(from - column);
    tile.end[r] = static_cast<int32_t>(to - column);
    tile.output[r] = from < to ? output + (start + from - u.first_element) : output;
  }
  table.add_products[count == 1](tile);
}

void add_update(const TargetTable& table, const fm_low_rank& u, float* output) {
  const int64_t end = (u.first_element + u.element_count + u.columns - 1) / u.columns;
  for (int64_t row = u.first_element / u.columns; row < end;) {
    const int64_t matrix_end = std::min(end, (row / u.rows + 1) * u.rows);
    for (int64_t column = 0; column < u.columns; column += kUpdateColumns)
      for (int64_t at = row; at < matrix_end;) {
        const int32_t count = matrix_end - at >= kUpdateRows ? kUpdateRows : 1;
        add_tile(table, u, at, count, column, output);
        at += count;
      }
    row = matrix_end;
  }
}

void scale_rows(const TargetTable& table, const fm_low_rank& u, float* output) {
  for (int64_t at = 0; at < u.element_count; at += u.columns) {
    const double squares = table.sum_of_squares(output + at, u.columns);
    if (squares == 0) continue;
    const double magnitude = u.magnitudes[(u.first_element + at) / u.columns];
    table.scale_by(output + at, u.columns, static_cast<float>(magnitude / std::sqrt(squares)));
  }
}

fm_status check(int64_t first, int64_t count, const fm_placement& p, int64_t capacity, fm_error* error) {
  const auto within = [](int64_t value, int64_t least) { return value >= least && value <= kMost; };
  const bool sane = within(first, 0) && within(count, 0) && within(p.count_b, 1) && within(p.count_c, 1) &&
                    p.count_b <= kMost / p.count_c && within(p.stride_a, 0) && within(p.stride_b, 0) &&
                    within(p.stride_c, 0) && within(capacity, 0);
  if (!sane) return fail(error, FM_INVALID_ARGUMENT, "low rank: counts and strides are 0 to 2^52");
  if (count == 0) return FM_OK;
  const double last = static_cast<double>((first + count - 1) / (p.count_b * p.count_c));
  const double highest = last * static_cast<double>(p.stride_a) +
                         static_cast<double>(p.count_b - 1) * static_cast<double>(p.stride_b) +
                         static_cast<double>(p.count_c - 1) * static_cast<double>(p.stride_c);
  if (highest >= static_cast<double>(capacity))
    return fail(error, FM_INVALID_ARGUMENT, "low rank: place %.0f is beyond the capacity of %lld floats",
                highest, static_cast<long long>(capacity));
  return FM_OK;
}

}  // namespace
}  // namespace fm

extern "C" {

fm_status fm_low_rank_add(const fm_low_rank* update, fm_buffer* input, float* output, fm_error* error) {
  using namespace fm;
  if (!update) return fail(error, FM_INVALID_ARGUMENT, "low rank: an update is needed");
  fm_status status = check(*update, output, error);
  if (!status) status = check_buffer(input, update->element_count, error);
  const TargetTable* table = nullptr;
  if (!status) status = current_target(&table, error);
  if (!status)
    status = decode(*table, *input, update->element_count, update->flags, error,
                    [output](const float* values, int64_t first, int32_t count) {
                      std::copy_n(values, count, output + first);
                    });
  if (status) return status;
  add_update(*table, *update, output);
  if (update->magnitudes) scale_rows(*table, *update, output);
  return succeed(error);
}

fm_status fm_low_rank_load(fm_buffer* source, int64_t first, int64_t count, const fm_placement* placement,
                           uint32_t flags, float* target, int64_t capacity, fm_error* error) {
  using namespace fm;
  if (!placement || (!target && count) || (flags & ~uint32_t{FM_FLAG_ZERO_NONFINITE}))
    return fail(error, FM_INVALID_ARGUMENT, "low rank: a placement, a target and flags 0 or 2 are needed");
  const fm_placement p = *placement;
  fm_status status = check_buffer(source, count, error);
  if (!status) status = check(first, count, p, capacity, error);
  const TargetTable* table = nullptr;
  if (!status) status = current_target(&table, error);
  if (status) return status;
  int64_t c = first % p.count_c, b = first / p.count_c % p.count_b, a = first / p.count_c / p.count_b;
  status = decode(*table, *source, count, flags, error, [&](const float* values, int64_t, int32_t n) {
    for (int32_t i = 0; i < n; ++i) {
      target[a * p.stride_a + b * p.stride_b + c * p.stride_c] = values[i];
      if (++c < p.count_c) continue;
      c = 0;
      if (++b < p.count_b) continue;
      b = 0, ++a;
    }
  });
  return status ? status : succeed(error);
}

}  // extern "C"
