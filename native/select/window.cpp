#include "select/window.h"

#include <algorithm>

namespace fm {
namespace {

constexpr int64_t cells_of_bucket = int64_t{1} << (bucket_shift - kWindowShift);
constexpr int64_t most_buckets = kWindowCells / cells_of_bucket;
constexpr int64_t infinite_bucket = 0x7f800000 >> bucket_shift;

/// Fractions of the elements that are larger than the ends of a window and than its middle.
struct Ranks {
  double top;
  double middle;
  double bottom;

  explicit Ranks(double kept) : middle(kept) {
    constexpr double reach = 0.1, share = 0.4;
    top = std::max(kept - reach, kept * share);
    bottom = std::min(kept + reach, 1 - (1 - kept) * share);
  }
};

/// Equal magnitudes of a sample.
struct Run {
  uint32_t magnitude;
  int64_t count;
  bool is_near;  // the middle
};

/// The runs from first to last, near ones before others and each sort by length.
std::vector<Run> runs_of(std::vector<uint32_t>& sample, int64_t first, int64_t last, int64_t near_first,
                         int64_t near_last) {
  std::sort(sample.begin() + first, sample.begin() + last + 1, std::greater<>());
  std::vector<Run> runs;
  for (int64_t i = first; i <= last; ++i) {
    uint32_t magnitude = sample[static_cast<size_t>(i)];
    if (runs.empty() || runs.back().magnitude != magnitude) runs.push_back({magnitude, 0, false});
    ++runs.back().count;
    runs.back().is_near |= i >= near_first && i <= near_last;
  }
  std::sort(runs.begin(), runs.end(), [](const Run& a, const Run& b) {
    return a.is_near != b.is_near ? a.is_near : a.count > b.count;
  });
  return runs;
}

}  // namespace

std::optional<Window> Window::expect(std::vector<uint32_t>& sample, double kept) {
  constexpr int64_t least_sample = 500, edge = 8;
  constexpr double margin = 0.02;
  auto size = static_cast<int64_t>(sample.size());
  if (size < least_sample) return std::nullopt;
  Ranks ranks(kept);
  auto index = [&](double rank) { return static_cast<int64_t>(rank * static_cast<double>(size - 1)); };
  int64_t top = index(ranks.top), middle = index(ranks.middle), bottom = index(ranks.bottom);
  auto at = [&](int64_t i) { return sample.begin() + i; };
  std::nth_element(at(0), at(top), sample.end(), std::greater<>());
  std::nth_element(at(top), at(bottom), sample.end(), std::greater<>());
  int64_t near_top = std::max(top, index(kept - margin)),
          near_bottom = std::min(bottom, index(kept + margin));
  auto runs = runs_of(sample, top, bottom, near_top, near_bottom);
  auto bucket = [&](int64_t i) { return int64_t{*at(i) >> bucket_shift}; };

  int64_t middle_bucket = bucket(middle);
  if (middle_bucket >= infinite_bucket) return std::nullopt;
  int64_t first = std::max<int64_t>(0, middle_bucket - most_buckets / 2);
  int64_t last = std::min(infinite_bucket - 1, first + most_buckets - 1);
  // Near an end of the sample nobody knows how much further the tensor reaches.
  if (bottom < size - edge) first = std::max(first, bucket(bottom));
  if (top >= edge) last = std::min(last, bucket(top));

  auto is_covered = [&](int64_t i) {
    return i < edge || i >= size - edge || (bucket(i) >= first && bucket(i) <= last);
  };
  if (!is_covered(near_top) || !is_covered(near_bottom)) {
    return std::nullopt;
  }

  Window window;
  window.range.first = static_cast<uint32_t>(first << bucket_shift);
  window.range.span = static_cast<uint32_t>(((last - first + 1) << bucket_shift) - 1);
  window.range.hot = kNotHot;
  bool is_hot = runs[0].count * 3 > bottom - top + 1;
  for (const Run& run : runs) {
    uint32_t offset = run.magnitude - window.range.first;
    if (offset > window.range.span || offset % kWindowCell != 0) continue;
    if (is_hot && &run == &runs[0]) window.range.hot = offset;
    window.atoms[static_cast<size_t>(window.atom_count++)] = offset >> kWindowShift;
    if (window.atom_count == most_atoms) break;
  }
  return window;
}

WindowReading::WindowReading(const Window& window, const TargetTable& target, const Blocks& blocks,
                             int workers)
    : _window(window), _target(target), _blocks(blocks), _workers(static_cast<size_t>(workers)) {}

void WindowReading::open(int worker) {
  Worker& own = _workers[static_cast<size_t>(worker)];
  if (own.cells) return;
  own.cells = Pages<uint64_t>(cell_total);
  own.ties = Pages<uint32_t>(_blocks.count * Window::most_atoms);
}

void WindowReading::take(int worker, int64_t first_element, const float* values, int32_t count) {
  Worker& own = _workers[static_cast<size_t>(worker)];
  while (count > 0) {
    int64_t block = first_element / _blocks.size;
    if (block != own.block) {
      place_ties(own);
      own.block = block;
    }
    int64_t end = (block + 1) * _blocks.size;
    auto part = static_cast<int32_t>(std::min<int64_t>({count, piece, end - first_element}));
    take_piece(own, values, part);
    first_element += part;
    values += part;
    count -= part;
  }
}

void WindowReading::take_piece(Worker& worker, const float* values, int32_t count) const {
  uint32_t found[piece + 16];
  WindowMembers members = {found, 0, 0, 0};
  _target.window_members(values, count, _window.range, members);
  uint64_t* cells = worker.cells.data();
  for (int32_t i = 0; i < members.count; ++i) ++cells[found[i]];
  if (members.hot != 0) cells[_window.range.hot >> kWindowShift] += members.hot;
  worker.above += members.above;
}

void WindowReading::place_ties(Worker& worker) const {
  if (worker.block < 0) return;
  uint32_t* ties = &worker.ties[worker.block * Window::most_atoms];
  for (size_t a = 0; a < static_cast<size_t>(_window.atom_count); ++a) {
    uint64_t now = worker.cells[_window.atoms[a]];
    ties[a] += static_cast<uint32_t>(now - std::exchange(worker.placed[a], now));
  }
}

std::vector<uint64_t> WindowReading::cells() const {
  std::vector<uint64_t> sum(cell_total);
  for (const Worker& worker : _workers) {
    if (!worker.cells) continue;
    for (int64_t c = 0; c < cell_total; ++c) sum[static_cast<size_t>(c)] += worker.cells[c];
  }
  return sum;
}

WindowReading::Place WindowReading::find(uint64_t keep) {
  uint64_t above = 0;
  for (Worker& worker : _workers) {
    place_ties(worker);
    above += worker.above;
  }
  if (above >= keep) return {};
  auto sums = cells();
  uint64_t left = keep - above;
  for (int64_t cell = (_window.range.span >> kWindowShift); cell >= 0; --cell) {
    uint64_t others = sums[static_cast<size_t>(cell + kWindowCells)], equal = sums[static_cast<size_t>(cell)];
    if (left > others + equal) {
      left -= others + equal;
      continue;
    }
    Place place;
    if (left > others) place.threshold = threshold_of(cell, left - others, equal);
    if (!place.threshold || place.threshold->kind == TieKind::unknown) {
      place.threshold.reset();
      place.bucket = bucket_of(sums, cell, left);
    }
    return place;
  }
  return {};
}

Threshold WindowReading::threshold_of(int64_t cell, uint64_t rank, uint64_t equal) const {
  Threshold found = {_window.range.first + (static_cast<uint32_t>(cell) << kWindowShift), TieKind::unknown,
                     rank, 0, 0};
  if (rank == equal) found.kind = TieKind::all;
  auto end = _window.atoms.begin() + _window.atom_count;
  auto atom = std::find(_window.atoms.begin(), end, static_cast<uint32_t>(cell)) - _window.atoms.begin();
  if (rank == equal || atom == _window.atom_count) return found;
  found.kind = TieKind::in_block;
  for (;; ++found.block) {
    uint64_t here = 0;
    for (const Worker& worker : _workers) {
      if (worker.ties) here += worker.ties[found.block * Window::most_atoms + atom];
    }
    if (here >= found.rank) return found;
    found.rank -= here;
  }
}

/// The bucket of a cell that holds the cut, which is the rank-th of the cell's largest.
BucketRank WindowReading::bucket_of(const std::vector<uint64_t>& cells, int64_t cell, uint64_t rank) const {
  int64_t bucket = cell / cells_of_bucket;
  auto members = [&](int64_t first, int64_t end) {
    uint64_t sum = 0;
    for (int64_t c = first; c < end; ++c) {
      sum += cells[static_cast<size_t>(c)] + cells[static_cast<size_t>(c + kWindowCells)];
    }
    return sum;
  };
  auto all = [&](int64_t b) { return members(b * cells_of_bucket, (b + 1) * cells_of_bucket); };
  BucketRank wanted;
  wanted.bucket = (_window.range.first >> bucket_shift) + static_cast<uint32_t>(bucket);
  wanted.rank = rank + members(cell + 1, (bucket + 1) * cells_of_bucket);
  wanted.members = all(bucket);
  int64_t last = _window.range.span >> bucket_shift;
  wanted.below = bucket > 0 ? all(bucket - 1) : wanted.members;
  wanted.over = bucket < last ? all(bucket + 1) : wanted.members;
  return wanted;
}

int64_t WindowReading::bytes(const Blocks& blocks, int workers) {
  int64_t one =
      Pages<uint64_t>::bytes(cell_total) + Pages<uint32_t>::bytes(blocks.count * Window::most_atoms);
  return workers * (one + int64_t{sizeof(Worker)}) + int64_t{sizeof(WindowReading)} +
         cell_total * int64_t{sizeof(uint64_t)};
}

}  // namespace fm
