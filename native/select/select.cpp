// The select chapter of fastmerge.h: checks arguments and keeps exceptions inside.
#include <new>

#include "cpu/errors.h"
#include "select/direct_reading.h"
#include "select/selection.h"

struct fm_select {
  fm::Selection selection;
};

namespace fm {
namespace {

constexpr int64_t most_elements = int64_t{1} << 48;  // what a random mask can number, too
constexpr int32_t most_entries = 1 << 20;
constexpr int32_t most_workers = 1 << 16;

/// Hands a run's values to the selection.
class Readings final : public TileSink {
 public:
  Readings(Selection& selection, int64_t before, int32_t worker)
      : _selection(selection), _before(before), _worker(worker) {}

  void take(int32_t entry, int64_t first_element, const float* values, int32_t count) override {
    if (_selection.take(_worker, entry, _before + first_element, values, count) || !_agreed) return;
    _agreed = false;
    _entry = entry;
    _first_element = first_element;
  }

  /// FM_OK unless the selection refused something.
  fm_status agreed(fm_error* error) const {
    if (_agreed) return FM_OK;
    return fail(error, FM_INVALID_ARGUMENT,
                "fm_select_run: histogram entry %d at element %lld is unknown or out of order", _entry,
                static_cast<long long>(_first_element));
  }

 private:
  Selection& _selection;
  int64_t _before;
  int32_t _worker;
  bool _agreed = true;
  int32_t _entry = 0;
  int64_t _first_element = 0;
};

/// Runs the body; an exception becomes a status.
template <class F>
fm_status contained(F&& body, fm_error* error) {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    return fail(error, FM_OUT_OF_MEMORY, "no memory for a selection");
  } catch (...) {
    return fail(error, FM_INTERNAL, "an unexpected failure in a selection");
  }
}

fm_status check_create(int32_t entries, const fm_select_request* requests, int32_t request_count,
                       int64_t element_count, int32_t workers, fm_error* error) {
  if (entries < 1 || entries > most_entries || workers < 1 || workers > most_workers) {
    return fail(error, FM_INVALID_ARGUMENT,
                "fm_select_create: %d entries and %d workers, 1 to %d and 1 to %d are accepted", entries,
                workers, most_entries, most_workers);
  }
  if (element_count < 0 || element_count > most_elements) {
    return fail(error, FM_INVALID_ARGUMENT, "fm_select_create: %lld elements, 0 to 2^48 are accepted",
                static_cast<long long>(element_count));
  }
  if (request_count < 0 || (request_count > 0 && requests == nullptr)) {
    return fail(error, FM_INVALID_ARGUMENT, "fm_select_create: %d requests at %p", request_count,
                static_cast<const void*>(requests));
  }
  for (int32_t r = 0; r < request_count; ++r) {
    if (requests[r].entry < 0 || requests[r].entry >= entries) {
      return fail(error, FM_INVALID_ARGUMENT, "fm_select_create: request %d is for entry %d of %d", r,
                  requests[r].entry, entries);
    }
    if (requests[r].exact < 0 || requests[r].exact > 1) {
      return fail(error, FM_INVALID_ARGUMENT,
                  "fm_select_create: request %d has exact %d, accepted are 0 and 1", r, requests[r].exact);
    }
  }
  return FM_OK;
}

fm_status check_run(const Selection& selection, const fm_program* program, const fm_run* run, int64_t before,
                    int32_t worker, fm_error* error) {
  if (program == nullptr || run == nullptr || run->struct_size != int32_t{sizeof(fm_run)}) {
    return fail(error, FM_INVALID_ARGUMENT, "fm_select_run: program or run is null or of another size");
  }
  if (worker < 0 || worker >= selection.workers()) {
    return fail(error, FM_INVALID_ARGUMENT, "fm_select_run: worker %d of %d", worker, selection.workers());
  }
  int64_t first = run->first_element, count = run->element_count, all = selection.element_count();
  if (before < 0 || before > all || first < 0 || count < 0 || first > all - before ||
      count > all - before - first) {
    return fail(error, FM_INVALID_ARGUMENT, "fm_select_run: %lld elements from %lld behind %lld of %lld",
                static_cast<long long>(count), static_cast<long long>(first), static_cast<long long>(before),
                static_cast<long long>(all));
  }
  if (selection.phase() == Selection::Phase::done) {
    return fail(error, FM_INVALID_ARGUMENT, "fm_select_run: no reading is asked for, the cuts are known");
  }
  return FM_OK;
}

}  // namespace
}  // namespace fm

using fm::fail;

fm_status fm_select_create(int32_t entries, const fm_select_request* requests, int32_t request_count,
                           int64_t element_count, int32_t workers, fm_select** select, fm_error* error) {
  if (select == nullptr) return fail(error, FM_INVALID_ARGUMENT, "fm_select_create: select is null");
  *select = nullptr;
  fm_status status = fm::check_create(entries, requests, request_count, element_count, workers, error);
  if (status != FM_OK) return status;
  return fm::contained(
      [&]() -> fm_status {
        *select = new fm_select{{entries, requests, request_count, element_count, workers}};
        return FM_OK;
      },
      error);
}

fm_status fm_select_run(fm_select* select, const fm_program* program, fm_run* run, int64_t before,
                        int32_t worker, fm_error* error) {
  if (select == nullptr) return fail(error, FM_INVALID_ARGUMENT, "fm_select_run: select is null");
  fm::Selection& selection = select->selection;
  fm_status status = fm::check_run(selection, program, run, before, worker, error);
  if (status != FM_OK) return status;
  return fm::contained(
      [&]() -> fm_status {
        auto sampling = [&](std::vector<fm::Sample>& samples, int64_t wanted) {
          return fm::sample_chunk(*program, *run, wanted, samples, error);
        };
        fm_status read = run->element_count > 0 ? selection.expect_cuts(sampling) : FM_OK;
        if (read == FM_OK) {
          selection.open(worker, run->element_count);
          fm::Readings readings(selection, before, worker);
          read = fm::read_magnitudes(*program, *run, readings, selection.nan_bits(), error);
          if (read == FM_OK) read = readings.agreed(error);
        }
        if (read != FM_OK) selection.spoil();
        return read;
      },
      error);
}

fm_status fm_select_next(fm_select* select, int32_t* more, int64_t* first, int64_t* count, int32_t* ordered,
                         fm_error* error) {
  if (select == nullptr || more == nullptr || first == nullptr || count == nullptr || ordered == nullptr) {
    return fail(error, FM_INVALID_ARGUMENT, "fm_select_next: an argument is null");
  }
  *more = 0;
  fm::Selection& selection = select->selection;
  return fm::contained(
      [&]() -> fm_status {
        fm_status status = selection.next(error);
        if (status != FM_OK) return status;
        fm::Selection::Range range = selection.range();
        *more = selection.phase() != fm::Selection::Phase::done;
        *first = *more ? range.first : 0;
        *count = *more ? range.count : 0;
        *ordered = selection.phase() == fm::Selection::Phase::scan;
        return FM_OK;
      },
      error);
}

fm_status fm_select_cuts(const fm_select* select, fm_cut* cuts, fm_error* error) {
  if (select == nullptr || cuts == nullptr) {
    return fail(error, FM_INVALID_ARGUMENT, "fm_select_cuts: an argument is null");
  }
  const fm::Selection& selection = select->selection;
  if (selection.phase() != fm::Selection::Phase::done) {
    return fail(error, FM_INVALID_ARGUMENT, "fm_select_cuts: a reading is still asked for");
  }
  for (int32_t r = 0; r < selection.request_count(); ++r) cuts[r] = selection.cut(r);
  return FM_OK;
}

void fm_select_destroy(fm_select* select) { delete select; }

int64_t fm_select_bytes(int32_t entries, int32_t request_count, int64_t element_count, int32_t workers) {
  fm_status status = fm::check_create(entries, nullptr, 0, element_count, workers, nullptr);
  if (status != FM_OK || request_count < 0) return 0;
  return fm::Selection::bytes(entries, request_count, element_count, workers) + int64_t{sizeof(fm_select)};
}
