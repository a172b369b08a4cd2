#include "select/refinement.h"

#include <algorithm>
#include <cmath>

namespace fm {
namespace {

constexpr int group = 32;
typedef uint32_t Lanes __attribute__((vector_size(16)));  // what every target has
typedef uint64_t Halves __attribute__((vector_size(16)));

/// The members of a bucket among `group` magnitudes, split into the ones equal to its base and the others.
struct GroupScan {
  Lanes base;
  Lanes equal = {};

  explicit GroupScan(uint32_t first) : base(Lanes{} + first) {}

  /// Adds to equal; true if there are other members.
  bool scan(const float* values) {
    Lanes other = {};
    for (int i = 0; i < group; i += 4) {
      Lanes lanes;
      __builtin_memcpy(&lanes, values + i, sizeof lanes);
      lanes &= 0x7fffffffu;
      auto is_base = static_cast<Lanes>(lanes == base);
      auto is_member = static_cast<Lanes>(lanes >> bucket_shift == base >> bucket_shift);
      equal -= is_base;
      other |= is_member & ~is_base;
    }
    auto halves = reinterpret_cast<Halves>(other);
    return (halves[0] | halves[1]) != 0;
  }

  uint64_t equal_count() const { return uint64_t{equal[0]} + equal[1] + equal[2] + equal[3]; }
};

/// Where in its bucket the cut is expected, as a fraction from its lower end: the density is taken to
/// change evenly over the bucket and its neighbours.
double expected_place(const BucketRank& wanted) {
  auto members = static_cast<double>(wanted.members);
  double place = 1 - (static_cast<double>(wanted.rank) - 0.5) / members;
  double slope = (static_cast<double>(wanted.over) - static_cast<double>(wanted.below)) / (2 * members);
  // A neighbour of another octave has another width and tells nothing.
  if (std::abs(slope) > 0.1) slope = 0;
  return place + slope * place * (1 - place) / 2;
}

}  // namespace

Blocks::Blocks(int64_t element_count) {
  constexpr int64_t unit = 4096, smallest = 4 * unit, most = 1024;
  size = std::max(smallest, ((element_count + most - 1) / most + unit - 1) / unit * unit);
  count = std::max<int64_t>(1, (element_count + size - 1) / size);
}

Refinement::Refinement(const BucketRank& wanted, const Blocks& blocks, int workers)
    : _wanted(wanted),
      _blocks(blocks),
      _workers(static_cast<size_t>(workers)),
      _fine(bucket_width),
      _notes(static_cast<int64_t>(note_capacity)) {
  if (wanted.members <= note_capacity) return;
  // Four standard deviations of where a rank falls among that many members, and some for the shape.
  double reach = 16 + 2.0 * bucket_width / std::sqrt(static_cast<double>(wanted.members));
  double place = expected_place(wanted) * bucket_width;
  double first = std::clamp(place - reach, 0.0, bucket_width - 1.0);
  double last = std::clamp(place + reach, 0.0, bucket_width - 1.0);
  _window_first = static_cast<uint32_t>(first);
  _window_span = static_cast<uint32_t>(last) - _window_first;
}

void Refinement::open(int worker) {
  auto& coarse = _workers[static_cast<size_t>(worker)].coarse;
  if (!coarse) coarse = Pages<uint32_t>(_blocks.count * coarse_total);
}

void Refinement::take(int worker, int64_t first_element, const float* values, int32_t count) {
  Worker& own = _workers[static_cast<size_t>(worker)];
  own.total += static_cast<uint64_t>(count);
  while (count > 0) {
    int64_t block = first_element / _blocks.size;
    auto part = static_cast<int32_t>(std::min<int64_t>(count, (block + 1) * _blocks.size - first_element));
    take_part(own, block, first_element, values, part);
    first_element += part;
    values += part;
    count -= part;
  }
}

void Refinement::take_part(Worker& worker, int64_t block, int64_t first_element, const float* values,
                           int32_t count) {
  uint32_t base = _wanted.bucket << bucket_shift;
  uint32_t* coarse = &worker.coarse[block * coarse_total];
  auto member = [&](int64_t index, uint32_t low) {
    if (low % (1u << coarse_shift) == 0) {
      ++coarse[low >> coarse_shift];
    } else {
      std::atomic_ref(_fine[low]).fetch_add(1, std::memory_order_relaxed);
      if (low - _window_first <= _window_span) note(index, low);
    }
  };
  GroupScan scan(base);
  int32_t i = 0;
  for (; i + group <= count; i += group) {
    if (!scan.scan(values + i)) continue;
    int32_t members[group];
    int32_t found = 0;
    for (int32_t j = 0; j < group; ++j) {
      members[found] = i + j;
      found += magnitude(values[i + j]) - base - 1 < bucket_width - 1;
    }
    for (int32_t m = 0; m < found; ++m) {
      member(first_element + members[m], magnitude(values[members[m]]) - base);
    }
  }
  coarse[0] += static_cast<uint32_t>(scan.equal_count());
  for (; i < count; ++i) {
    uint32_t low = magnitude(values[i]) - base;
    if (low < bucket_width) member(first_element + i, low);
  }
}

void Refinement::note(int64_t index, uint32_t low) {
  uint64_t slot = _noted.fetch_add(1, std::memory_order_relaxed);
  if (slot < note_capacity) {
    _notes[static_cast<int64_t>(slot)] = static_cast<uint64_t>(index) << bucket_shift | low;
  }
}

uint64_t Refinement::total() const {
  uint64_t sum = 0;
  for (const Worker& worker : _workers) sum += worker.total;
  return sum;
}

uint64_t Refinement::members(uint32_t low) const {
  if (low % (1u << coarse_shift) != 0) return _fine[low];
  uint64_t sum = 0;
  for (const Worker& worker : _workers) {
    if (!worker.coarse) continue;
    for (int64_t b = 0; b < _blocks.count; ++b)
      sum += worker.coarse[b * coarse_total + (low >> coarse_shift)];
  }
  return sum;
}

std::optional<Threshold> Refinement::find() const {
  uint64_t all = 0;
  for (uint32_t low = 0; low < bucket_width; ++low) all += members(low);
  if (all != _wanted.members) return std::nullopt;
  uint64_t left = _wanted.rank;
  uint32_t low = bucket_width - 1;
  uint64_t equal = members(low);
  while (equal < left) {
    left -= equal;
    equal = members(--low);
  }
  Threshold found = {(_wanted.bucket << bucket_shift) + low, TieKind::unknown, left, 0, 0};
  if (left == equal) {
    found.kind = TieKind::all;
  } else if (low % (1u << coarse_shift) == 0) {
    place_coarse(found, low);
  } else if (low - _window_first <= _window_span && _noted <= note_capacity) {
    place_noted(found, low);
  }
  return found;
}

void Refinement::place_coarse(Threshold& found, uint32_t low) const {
  found.kind = TieKind::in_block;
  for (int64_t b = 0; b < _blocks.count; ++b) {
    uint64_t here = 0;
    for (const Worker& worker : _workers) {
      if (worker.coarse) here += worker.coarse[b * coarse_total + (low >> coarse_shift)];
    }
    found.block = b;
    if (here >= found.rank) return;
    found.rank -= here;
  }
}

void Refinement::place_noted(Threshold& found, uint32_t low) const {
  std::vector<int64_t> indices;
  for (uint64_t i = 0; i < _noted; ++i) {
    uint64_t noted = _notes[static_cast<int64_t>(i)];
    if (noted % bucket_width == low) indices.push_back(static_cast<int64_t>(noted >> bucket_shift));
  }
  auto last = indices.begin() + static_cast<int64_t>(found.rank) - 1;
  std::nth_element(indices.begin(), last, indices.end());
  found.kind = TieKind::at_index;
  found.index = *last + 1;
}

int64_t Refinement::bytes(const Blocks& blocks, int workers) {
  return Pages<uint64_t>::bytes(bucket_width) + Pages<uint64_t>::bytes(note_capacity) +
         workers * (Pages<uint32_t>::bytes(blocks.count * coarse_total) + int64_t{sizeof(Worker)}) +
         int64_t{sizeof(Refinement)} + static_cast<int64_t>(note_capacity * sizeof(int64_t));
}

}  // namespace fm
