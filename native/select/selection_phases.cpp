// selection_phases.cpp - what follows from a reading, and which one comes next.
#include <algorithm>

#include "cpu/errors.h"
#include "cpu/targets.h"
#include "select/selection.h"

namespace fm {
namespace {

constexpr uint32_t infinite_bucket = 0x7f800000u >> bucket_shift;

fm_status changed(fm_error* error) {
  return fail(error, FM_INPUT_CHANGED,
              "fm_select_next: the values were others in this reading than in the one before");
}

}  // namespace

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

}  // namespace fm
