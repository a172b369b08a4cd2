// rank.cpp - ranks of magnitudes in their rows: the magnitudes of a whole chunk, then a radix sort of each
// row.
#include <algorithm>
#include <cstring>
#include <utility>

#include "arena.h"
#include "errors.h"
#include "run_check.h"
#include "tile_sink.h"

namespace fm {
namespace {

constexpr int64_t kLongestRow = int64_t{1} << 24;  // ranks are exact binary32 numbers
constexpr int kDigits = 3, kDigitBits[kDigits] = {11, 10, 10}, kDigitShift[kDigits] = {0, 11, 21};
constexpr uint32_t kCells = 1u << 11;
constexpr int64_t kFew = 32;  // up to so many, comparing all is faster than counting digits

struct Ranked {
  uint32_t magnitude, index;
};

uint32_t digit(uint32_t magnitude, int which) {
  return magnitude >> kDigitShift[which] & ((1u << kDigitBits[which]) - 1);
}

// Keeps the magnitudes where their ranks will be.
class Magnitudes final : public TileSink {
 public:
  Magnitudes(float* ranks, int64_t first, int64_t count) : ranks_(ranks), first_(first), count_(count) {}

  void take(int32_t entry, int64_t first_element, const float* values, int32_t count) override {
    float* to = ranks_ + entry * count_ + (first_element - first_);
    for (int32_t i = 0; i < count; ++i) {
      uint32_t bits;
      std::memcpy(&bits, values + i, sizeof bits);
      bits &= 0x7fffffffu;
      if (bits > 0x7f800000u) bits = 0x7fc00000u;
      std::memcpy(to + i, &bits, sizeof bits);
    }
  }

 private:
  float* ranks_;
  const int64_t first_, count_;
};

// Sorts rows by magnitude, equal ones in index order: a counting sort by each digit, lowest first, but for
// digits that a row has only one of. In rows of a few each is compared with all.
class RowSort {
 public:
  explicit RowSort(int64_t row) : row_(row) {}
  void plan(Arena& arena) const { arena.plan<Ranked>(2 * row_), arena.plan<uint32_t>(kDigits * kCells); }
  void take(Arena& arena) {
    items_ = arena.take<Ranked>(2 * row_);
    counts_ = arena.take<uint32_t>(kDigits * kCells);
  }

  // The magnitudes of a row become their ranks.
  void run(float* row) {
    if (row_ <= kFew) return rank_few(row);
    std::memset(counts_, 0, kDigits * kCells * sizeof *counts_);
    Ranked *from = items_, *to = items_ + row_;
    for (int64_t i = 0; i < row_; ++i) {
      uint32_t magnitude;
      std::memcpy(&magnitude, row + i, sizeof magnitude);
      from[i] = {magnitude, static_cast<uint32_t>(i)};
      for (int d = 0; d < kDigits; ++d) ++counts_[d * kCells + digit(magnitude, d)];
    }
    for (int d = 0; d < kDigits; ++d) {
      uint32_t* count = counts_ + d * kCells;
      if (count[digit(from[0].magnitude, d)] == static_cast<uint64_t>(row_)) continue;
      uint32_t before = 0;
      for (uint32_t cell = 0; cell < kCells; ++cell) before += std::exchange(count[cell], before);
      for (int64_t i = 0; i < row_; ++i) to[count[digit(from[i].magnitude, d)]++] = from[i];
      std::swap(from, to);
    }
    for (int64_t i = 0; i < row_; ++i) row[from[i].index] = static_cast<float>(i + 1);
  }

 private:
  void rank_few(float* row) const {
    uint32_t magnitudes[kFew];
    std::memcpy(magnitudes, row, static_cast<size_t>(row_) * sizeof *magnitudes);
    for (int64_t i = 0; i < row_; ++i) {
      int32_t rank = 1;
      for (int64_t j = 0; j < i; ++j) rank += magnitudes[j] <= magnitudes[i];
      for (int64_t j = i + 1; j < row_; ++j) rank += magnitudes[j] < magnitudes[i];
      row[i] = static_cast<float>(rank);
    }
  }

  const int64_t row_;
  Ranked* items_ = nullptr;
  uint32_t* counts_ = nullptr;
};

fm_status check(const fm_program& program, const fm_run& run, const float* ranks, int64_t rank_count,
                fm_error* error) {
  const int64_t row = run.row_length;
  if (row < 1 || row > kLongestRow || run.first_element % row || run.element_count % row)
    return fail(error, FM_INVALID_ARGUMENT,
                "rank: elements %lld + %lld are not whole rows of %lld, at most 2^24, elements",
                static_cast<long long>(run.first_element), static_cast<long long>(run.element_count),
                static_cast<long long>(row));
  int64_t entries = 0;  // up to the last that is used
  for (size_t sink = 0; sink < program.histograms.size(); ++sink)
    entries = static_cast<int64_t>(sink) * std::max(run.models, 1) +
              (program.histograms[sink].per_model ? run.models : 1);
  if (rank_count < entries * run.element_count || (rank_count && !ranks))
    return fail(error, FM_INVALID_ARGUMENT, "rank: room for %lld ranks, %lld are needed",
                static_cast<long long>(rank_count), static_cast<long long>(entries * run.element_count));
  return FM_OK;
}

}  // namespace
}  // namespace fm

extern "C" {

int64_t fm_rank_bytes(int64_t row_length) {
  return row_length * 2 * int64_t{sizeof(fm::Ranked)} + fm::kDigits * int64_t{fm::kCells} * 4 + 256;
}

fm_status fm_rank_run(const fm_program* program, fm_run* run, float* ranks, int64_t rank_count,
                      fm_error* error) {
  using namespace fm;
  fm_status status = check_run(program, run, Pass::kHistogram, error);
  if (!status) status = check(*program, *run, ranks, rank_count, error);
  if (status) return status;
  const int64_t row = run->row_length, count = run->element_count;
  RowSort sort(row);
  Arena arena;
  sort.plan(arena);
  if (!arena.allocate()) return fail(error, FM_OUT_OF_MEMORY, "rank: no memory for a row");
  sort.take(arena);
  Magnitudes magnitudes(ranks, run->first_element, count);
  status = run_histograms(*program, *run, magnitudes, error);
  if (status) return status;
  for (size_t sink = 0; sink < program->histograms.size(); ++sink)
    for (int32_t k = 0; k < (program->histograms[sink].per_model ? run->models : 1); ++k) {
      float* entry = ranks + (static_cast<int64_t>(sink) * std::max(run->models, 1) + k) * count;
      for (int64_t at = 0; at < count; at += row) sort.run(entry + at);
    }
  return succeed(error);
}

}  // extern "C"
