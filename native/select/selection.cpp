#include "select/selection.h"

#include <algorithm>

#include "cpu/errors.h"
#include "cpu/targets.h"

namespace fm {
namespace {

constexpr uint32_t infinite_bucket = 0x7f800000u >> bucket_shift;
constexpr fm_cut keep_nothing = {0xffffffffu, 0, 0};
constexpr fm_cut keep_everything = {0, 0, INT64_MAX};

fm_status changed(fm_error* error) {
  return fail(error, FM_INPUT_CHANGED,
              "fm_select_next: the values were others in this reading than in the one before");
}

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
    request.keep = requests[r].keep;
    request.open = request.keep > 0 && request.keep < element_count;
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

template <class F>
bool Selection::serve(F&& is_served) {
  bool any = false;
  for (auto& open : _open_of_entry) open.clear();
  for (size_t r = 0; r < _requests.size(); ++r) {
    const Request& request = _requests[r];
    if (request.open && is_served(request)) {
      _open_of_entry[static_cast<size_t>(request.entry)].push_back(static_cast<int32_t>(r));
      any = true;
    }
  }
  return any;
}

/// Gives the requests that are served windows; false if there is one for which the sample is of no use.
bool Selection::begin_window(std::vector<Sample>& samples) {
  _expects = false;
  const TargetTable* target = nullptr;
  if (current_target(&target, nullptr) != FM_OK) return false;
  std::vector<std::pair<Request*, Window>> windows;
  for (int32_t e = 0; e < _entries; ++e) {
    auto sample = samples[static_cast<size_t>(e)].release();
    for (int32_t r : _open_of_entry[static_cast<size_t>(e)]) {
      Request& request = _requests[static_cast<size_t>(r)];
      double kept = static_cast<double>(request.keep) / static_cast<double>(_element_count);
      auto window = Window::expect(sample, kept);
      if (!window) return false;
      windows.emplace_back(&request, *window);
    }
  }
  if (windows.empty()) return false;
  for (auto& [request, window] : windows) {
    request->window = std::make_unique<WindowReading>(window, *target, _blocks, _workers);
  }
  _samples = make_samples(_entries, _sample_size);
  _phase = Phase::window;
  return true;
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

fm_status Selection::check_totals(fm_error* error) {
  if (_phase == Phase::scan || _phase == Phase::done) return FM_OK;
  for (int32_t e = 0; e < _entries; ++e) {
    if (_open_of_entry[static_cast<size_t>(e)].empty()) continue;
    uint64_t total = 0;
    for (int32_t w = 0; w < _workers; ++w) total += std::exchange(share(w, e).total, 0);
    if (total != static_cast<uint64_t>(_element_count)) {
      return fail(error, FM_INVALID_ARGUMENT,
                  "fm_select_next: %llu elements of histogram entry %d were read, all %lld are needed once",
                  static_cast<unsigned long long>(total), e, static_cast<long long>(_element_count));
    }
  }
  return FM_OK;
}

fm_status Selection::next(fm_error* error) {
  if (_spoilt) {
    return fail(error, FM_INVALID_ARGUMENT, "fm_select_next: a reading of this selection failed");
  }
  fm_status status = check_totals(error);
  if (status != FM_OK) return status;
  switch (_phase) {
    case Phase::store: cut_stored(); break;
    case Phase::window: end_window(); break;
    case Phase::count: end_count(); break;
    case Phase::refine: status = end_refine(error); break;
    case Phase::ties: status = end_ties(error); break;
    case Phase::scan: status = end_scan(error); break;
    case Phase::done: break;
  }
  return status;
}

void Selection::cut_stored() {
  std::vector<uint32_t> magnitudes(static_cast<size_t>(_element_count));
  for (Request& request : _requests) {
    if (!request.open) continue;
    const uint32_t* stored = &_stored[request.entry * _element_count];
    std::copy_n(stored, _element_count, magnitudes.begin());
    auto last = magnitudes.begin() + request.keep - 1;
    std::nth_element(magnitudes.begin(), last, magnitudes.end(), std::greater<>());
    uint32_t threshold = *last;
    int64_t ties = request.keep;  // to keep
    int64_t equal = 0;
    for (int64_t i = 0; i < _element_count; ++i) {
      ties -= stored[i] > threshold;
      equal += stored[i] == threshold;
    }
    int64_t index = INT64_MAX;
    if (ties < equal) {
      for (index = 0; ties > 0; ++index) ties -= stored[index] == threshold;
    }
    request.cut = {threshold, 0, index};
    request.open = false;
  }
  _stored = {};
  _phase = Phase::done;
}

BucketRank Selection::find_bucket(const Request& request) {
  auto members = [&](int64_t bucket) {
    uint64_t sum = 0;
    if (bucket < 0 || bucket >= bucket_total) return sum;
    for (int32_t w = 0; w < _workers; ++w) {
      const auto& counts = share(w, request.entry).counts;
      if (counts) sum += counts->at(static_cast<uint32_t>(bucket));
    }
    return sum;
  };
  auto left = static_cast<uint64_t>(request.keep);
  int64_t bucket = bucket_total - 1;
  uint64_t here = members(bucket);
  while (here < left) {
    left -= here;
    here = members(--bucket);
  }
  return {static_cast<uint32_t>(bucket), left, here, members(bucket - 1), members(bucket + 1)};
}

void Selection::end_window() {
  for (Request& request : _requests) {
    if (!request.window) continue;
    auto place = request.window->find(static_cast<uint64_t>(request.keep));
    request.window.reset();
    request.wanted = place.bucket;
    request.threshold = place.threshold;
    settle(request);
  }
  auto samples = std::exchange(_samples, {});
  if (!serve([](const Request& request) { return request.is_elsewhere(); })) return begin_refine();
  bool once_more = !std::exchange(_missed, true) && begin_window(samples);
  if (!once_more) _phase = Phase::count;
}

void Selection::end_count() {
  for (Request& request : _requests) {
    if (request.is_elsewhere()) request.wanted = find_bucket(request);
  }
  for (Share& share : _shares) share.counts.reset();
  if (_nan_bits == NanBits::any) {
    _nan_bits = NanBits::canonical;
    for (Request& request : _requests) {
      if (request.wanted && request.wanted->bucket >= infinite_bucket) request.wanted.reset();
    }
    if (serve([](const Request& request) { return request.is_elsewhere(); })) return;  // to count again
  }
  begin_refine();
}

void Selection::begin_refine() {
  if (!serve([](const Request& request) { return request.wanted.has_value(); })) return begin_ties_or_scan();
  for (Request& request : _requests) {
    if (!request.open || !request.wanted) continue;
    request.refinement = std::make_unique<Refinement>(*request.wanted, _blocks, _workers);
  }
  _phase = Phase::refine;
}

void Selection::settle(Request& request) {
  const auto& threshold = request.threshold;
  if (!threshold || (threshold->kind != TieKind::all && threshold->kind != TieKind::at_index)) return;
  int64_t index = threshold->kind == TieKind::all ? INT64_MAX : threshold->index;
  request.cut = {threshold->magnitude, 0, index};
  request.open = false;
}

fm_status Selection::end_refine(fm_error* error) {
  for (Request& request : _requests) {
    if (!request.refinement) continue;
    request.threshold = request.refinement->find();
    if (!request.threshold) return changed(error);
    request.refinement.reset();
    settle(request);
  }
  begin_ties_or_scan();
  return FM_OK;
}

fm_status Selection::end_ties(fm_error* error) {
  for (Request& request : _requests) {
    if (!request.open || request.threshold->kind != TieKind::unknown) continue;
    Threshold& threshold = *request.threshold;
    threshold.kind = TieKind::in_block;
    for (threshold.block = 0;; ++threshold.block) {
      if (threshold.block == _blocks.count) return changed(error);
      uint64_t here = 0;
      for (const auto& ties : request.ties) here += ties ? ties[threshold.block] : 0;
      if (here >= threshold.rank) break;
      threshold.rank -= here;
    }
    request.ties.clear();
  }
  begin_ties_or_scan();
  return FM_OK;
}

fm_status Selection::end_scan(fm_error* error) {
  for (const Request& request : _requests) {
    if (request.open && request.threshold->block * _blocks.size == _range.first) {
      return fail(
          error, FM_INPUT_CHANGED,
          "fm_select_next: the scan of elements %lld to %lld met fewer ties than the reading before it, "
          "or is not complete",
          static_cast<long long>(_range.first), static_cast<long long>(_range.first + _range.count - 1));
    }
  }
  begin_ties_or_scan();
  return FM_OK;
}

void Selection::begin_ties_or_scan() {
  _phase = Phase::done;
  serve([](const Request&) { return true; });
  for (Request& request : _requests) {
    if (!request.open) continue;
    if (request.threshold->kind == TieKind::unknown) {
      request.ties.resize(static_cast<size_t>(_workers));
      _range = {0, _element_count};
      _phase = Phase::ties;
    } else if (_phase == Phase::done) {
      int64_t first = request.threshold->block * _blocks.size;
      _range = {first, std::min(_blocks.size, _element_count - first)};
      _phase = Phase::scan;
    }
  }
  for (Request& request : _requests) request.next_index = _range.first;
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
