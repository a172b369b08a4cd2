#include "select/selection.h"

#include <algorithm>

namespace fm {
namespace {

constexpr fm_cut keep_nothing = {0xffffffffu, 0, 0};
constexpr fm_cut keep_everything = {0, 0, INT64_MAX};

}  // namespace

Selection::Selection(int32_t entries, const fm_select_request* requests, int32_t request_count,
                     int64_t element_count, int32_t workers)
    : _entries(entries),
      _element_count(element_count),
      _workers(workers),
      _blocks(element_count),
      _phase(stores(element_count) ? Phase::store : Phase::count),
      _nan_bits(stores(element_count) ? NanBits::canonical : NanBits::any),
      _range{0, element_count},
      _open_of_entry(static_cast<size_t>(entries)),
      _shares(static_cast<size_t>(workers) * static_cast<size_t>(entries)),
      _expects(expects(entries, request_count, element_count)),
      _sample_size(sample_size(element_count)),
      _spot_step(std::max<int64_t>(1, element_count / spots)) {
  for (int32_t r = 0; r < request_count; ++r) {
    Request request = {};
    request.entry = requests[r].entry;
    request.keep = requests[r].exact ? std::min(requests[r].keep, element_count) : requests[r].keep;
    request.open = request.keep > 0 && request.keep < element_count + requests[r].exact;
    request.cut = request.keep <= 0 ? keep_nothing : keep_everything;
    if (request.open) _open_of_entry[static_cast<size_t>(request.entry)].push_back(r);
    _requests.push_back(std::move(request));
  }
  if (_phase == Phase::store) _stored = Pages<uint32_t>(std::max<int64_t>(1, entries * element_count));
}

int Selection::copies(int32_t entries, int32_t workers) {
  int64_t tables = int64_t{entries} * workers;  // of 256 KiB a copy
  return tables <= 16 ? 4 : tables <= 64 ? 2 : 1;
}

bool Selection::expects(int32_t entries, int32_t request_count, int64_t element_count) {
  constexpr int64_t most_elements = int64_t{1} << 40;  // whose blocks' ties 32 bits can count
  return !stores(element_count) && request_count <= 2 * int64_t{entries} && element_count <= most_elements;
}

int64_t Selection::sample_size(int64_t element_count) {
  return std::clamp<int64_t>(element_count / 64, 1024, spots * spot_elements);
}

std::vector<Sample> Selection::make_samples(int32_t entries, int64_t capacity) {
  std::vector<Sample> samples;
  for (int32_t e = 0; e < entries; ++e) samples.emplace_back(capacity);
  return samples;
}

void Selection::open(int32_t worker, int64_t coming) {
  for (int32_t e = 0; e < _entries; ++e) {
    const auto& open = _open_of_entry[static_cast<size_t>(e)];
    if (open.empty()) continue;
    if (_phase == Phase::count) {
      auto& counts = share(worker, e).counts;
      if (!counts) counts = std::make_unique<BucketCounts>(copies(_entries, _workers));
      counts->make_room(coming);
    }
    for (int32_t r : open) {
      Request& request = _requests[static_cast<size_t>(r)];
      if (_phase == Phase::window) request.window->open(worker);
      if (_phase == Phase::refine) request.refinement->open(worker);
      if (_phase == Phase::ties && !request.ties.empty()) {
        auto& ties = request.ties[static_cast<size_t>(worker)];
        if (!ties) ties = Pages<uint32_t>(_blocks.count);
      }
    }
  }
}

bool Selection::take(int32_t worker, int32_t entry, int64_t first, const float* values, int32_t count) {
  if (entry < 0 || entry >= _entries) return false;
  const auto& open = _open_of_entry[static_cast<size_t>(entry)];
  if (open.empty()) return true;
  Share& own = share(worker, entry);
  own.total += static_cast<uint64_t>(count);
  switch (_phase) {
    case Phase::store: {
      uint32_t* stored = &_stored[entry * _element_count + first];
      for (int32_t i = 0; i < count; ++i) stored[i] = magnitude(values[i]);
      return true;
    }
    case Phase::window:
      sample(entry, first, values, count);
      for (int32_t r : open) {
        _requests[static_cast<size_t>(r)].window->take(worker, first, values, count);
      }
      return true;
    case Phase::count: own.counts->add(values, count); return true;
    case Phase::refine:
      for (int32_t r : open) {
        _requests[static_cast<size_t>(r)].refinement->take(worker, first, values, count);
      }
      return true;
    case Phase::ties:
      for (int32_t r : open) count_ties(_requests[static_cast<size_t>(r)], worker, first, values, count);
      return true;
    case Phase::scan:
      return std::all_of(open.begin(), open.end(), [&](int32_t r) {
        return scan(_requests[static_cast<size_t>(r)], first, values, count);
      });
    case Phase::done: break;
  }
  return false;
}

void Selection::sample(int32_t entry, int64_t first, const float* values, int32_t count) {
  int64_t spot = (first + count) / _spot_step;
  if (spot == first / _spot_step) return;
  auto taken = std::min<int64_t>(count, spot_elements);
  auto place = scattered(spot, static_cast<uint64_t>(count - taken + 1));
  _samples[static_cast<size_t>(entry)].add(values + place, taken);
}

void Selection::count_ties(Request& request, int32_t worker, int64_t first, const float* values,
                           int32_t count) const {
  if (request.threshold->kind != TieKind::unknown) return;
  auto& ties = request.ties[static_cast<size_t>(worker)];
  for (int32_t i = 0; i < count;) {
    int64_t block = (first + i) / _blocks.size;
    auto end = static_cast<int32_t>(std::min<int64_t>(count, (block + 1) * _blocks.size - first));
    uint32_t equal = 0;
    for (; i < end; ++i) equal += magnitude(values[i]) == request.threshold->magnitude;
    ties[block] += equal;
  }
}

bool Selection::scan(Request& request, int64_t first, const float* values, int32_t count) const {
  const Threshold& threshold = *request.threshold;
  int64_t end = _range.first + _range.count;
  if (!request.open || threshold.block * _blocks.size != _range.first || request.next_index >= end)
    return true;
  if (first > request.next_index) return false;
  int64_t stop = std::min(first + count, end);
  for (int64_t i = request.next_index; i < stop; ++i) {
    request.seen += magnitude(values[i - first]) == threshold.magnitude;
    if (request.seen == threshold.rank) {
      request.cut = {threshold.magnitude, 0, i + 1};
      request.open = false;
      return true;
    }
  }
  request.next_index = std::max(request.next_index, stop);
  return true;
}

int64_t Selection::bytes(int32_t entries, int32_t request_count, int64_t element_count, int32_t workers) {
  int64_t shares = int64_t{entries} * workers;
  int64_t fixed = int64_t{sizeof(Selection)} +
                  request_count * int64_t{sizeof(Request) + sizeof(int32_t) * 2} +
                  entries * int64_t{sizeof(std::vector<int32_t>) + 64} + shares * int64_t{sizeof(Share)};
  if (stores(element_count)) {
    return fixed + Pages<uint32_t>::bytes(std::max<int64_t>(1, entries * element_count)) + element_count * 4;
  }
  int64_t one_count =
      BucketCounts::bytes(copies(entries, workers), element_count) + int64_t{sizeof(BucketCounts)};
  Blocks blocks(element_count);
  int64_t window = 0;
  if (expects(entries, request_count, element_count)) {
    int64_t sample = sample_size(element_count) * int64_t{sizeof(uint32_t)} + int64_t{sizeof(Sample)};
    int64_t one = WindowReading::bytes(blocks, workers) + int64_t{sizeof(Window) + sizeof(void*)};
    window = request_count * one + entries * 3 * sample;
  }
  int64_t refine = request_count * (Refinement::bytes(blocks, workers) + int64_t{sizeof(BucketRank)});
  int64_t ties = int64_t{request_count} * workers *
                 (Pages<uint32_t>::bytes(blocks.count) + int64_t{sizeof(Pages<uint32_t>)});
  // One follows the other, and each begins when the one before has given its memory back.
  return fixed + std::max({window, shares * one_count, refine, ties});
}

}  // namespace fm
