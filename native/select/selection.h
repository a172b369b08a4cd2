// selection.h - the exact k-th magnitudes of a tensor, found by reading it once or twice.
//
//   store    up to 65536 elements: the magnitudes are kept as they are, no second reading
//   window   a sample of the first chunk tells about where the cuts are: what is there is counted cell by
//            cell, and of what is not only how much is larger (window.h); once more if a cut is elsewhere
//   count    without a sample to go by: every magnitude's bucket is counted; once more if a cut is among NaN
//            and Inf
//   refine   the buckets that hold a cut are counted value by value (refinement.h), if window could not tell
//   ties     only if refine could not tell: magnitudes equal to the threshold, for each block
//   scan     the block in which the last kept one of equal magnitudes lies, in index order
//
// All of it are integer counts: chunks, their order, the workers and the sample do not matter.
#ifndef FASTMERGE_SELECT_SELECTION_H
#define FASTMERGE_SELECT_SELECTION_H
#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "cpu/tile_sink.h"
#include "select/bucket_counts.h"
#include "select/direct_reading.h"
#include "select/pages.h"
#include "select/refinement.h"
#include "select/sample.h"
#include "select/window.h"

namespace fm {

class Selection {
 public:
  enum class Phase { store, window, count, refine, ties, scan, done };

  struct Range {
    int64_t first;
    int64_t count;
  };

  Selection(int32_t entries, const fm_select_request* requests, int32_t request_count, int64_t element_count,
            int32_t workers);

  int64_t element_count() const { return _element_count; }
  int32_t workers() const { return _workers; }
  Phase phase() const { return _phase; }
  /// Which NaN the values may hold: only a cut among NaN and Inf depends on it.
  NanBits nan_bits() const { return _nan_bits; }
  /// What the current phase reads.
  Range range() const { return _range; }
  /// A reading that ended early leaves counts that are of no use.
  void spoil() { _spoilt = true; }

  /// Looks at a sample before the first reading, if there may be use for one: sampling is called with the
  /// samples of all entries to fill with about so many elements each. Any thread, before its open.
  template <class F>
  fm_status expect_cuts(F&& sampling) {
    std::lock_guard lock(_expecting);
    if (!_expects) return FM_OK;
    std::vector<Sample> samples = make_samples(_entries, _sample_size);
    fm_status status = sampling(samples, _sample_size);
    if (status == FM_OK) begin_window(samples);
    return status;
  }

  /// Makes the memory that take of this worker needs for a chunk of that many elements.
  void open(int32_t worker, int64_t coming);
  /// Values of an entry, of the current phase. False if the entry or the order is not as agreed.
  bool take(int32_t worker, int32_t entry, int64_t first_element, const float* values, int32_t count);
  /// Ends the current reading and begins the next phase.
  fm_status next(fm_error* error);
  fm_cut cut(int32_t request) const { return _requests[static_cast<size_t>(request)].cut; }
  int32_t request_count() const { return static_cast<int32_t>(_requests.size()); }

  static int64_t bytes(int32_t entries, int32_t request_count, int64_t element_count, int32_t workers);

 private:
  struct Request {
    int32_t entry;
    int64_t keep;
    bool open;  // the cut is not known yet
    fm_cut cut;
    std::optional<Threshold> threshold;
    std::optional<BucketRank> wanted;  // what refine looks into
    std::unique_ptr<WindowReading> window;
    std::unique_ptr<Refinement> refinement;
    std::vector<Pages<uint32_t>> ties;  // by worker: equal magnitudes in each block
    int64_t next_index;                 // scan: the element that must come
    uint64_t seen;                      // scan: equal magnitudes so far

    bool is_elsewhere() const { return open && !threshold && !wanted; }  // than where it was looked for
  };

  /// What a worker has of an entry.
  struct Share {
    std::unique_ptr<BucketCounts> counts;
    uint64_t total = 0;
  };

  Share& share(int32_t worker, int32_t entry) {
    return _shares[static_cast<size_t>(worker) * static_cast<size_t>(_entries) + static_cast<size_t>(entry)];
  }
  static int copies(int32_t entries, int32_t workers);
  static bool stores(int64_t element_count) { return element_count <= store_limit; }
  static bool expects(int32_t entries, int32_t request_count, int64_t element_count);
  static int64_t sample_size(int64_t element_count);

  /// Has take serve the open requests for which that is true; false if there are none.
  template <class F>
  bool serve(F&& is_served);
  static std::vector<Sample> make_samples(int32_t entries, int64_t capacity);
  bool begin_window(std::vector<Sample>& samples);
  void sample(int32_t entry, int64_t first, const float* values, int32_t count);
  bool scan(Request& request, int64_t first, const float* values, int32_t count) const;
  void count_ties(Request& request, int32_t worker, int64_t first, const float* values, int32_t count) const;

  fm_status check_totals(fm_error* error);
  void cut_stored();
  void end_window();
  void end_count();
  void begin_refine();
  BucketRank find_bucket(const Request& request);
  fm_status end_refine(fm_error* error);
  fm_status end_ties(fm_error* error);
  fm_status end_scan(fm_error* error);
  void begin_ties_or_scan();
  void settle(Request& request);

  static constexpr int64_t store_limit = 65536;
  // What window takes of each entry, in case the cut is elsewhere: some elements of some tiles.
  static constexpr int64_t spots = 512, spot_elements = 16;

  int32_t _entries;
  int64_t _element_count;
  int32_t _workers;
  Blocks _blocks;
  std::atomic<Phase> _phase;
  NanBits _nan_bits;
  Range _range;
  std::atomic<bool> _spoilt{false};
  std::vector<Request> _requests;
  std::vector<std::vector<int32_t>> _open_of_entry;  // open requests, whom take serves
  std::vector<Share> _shares;
  std::mutex _expecting;
  bool _expects;
  int64_t _sample_size;
  std::vector<Sample> _samples;  // window: by entry
  int64_t _spot_step;
  bool _missed = false;     // a cut was not where the sample said
  Pages<uint32_t> _stored;  // magnitude i of entry e at e * element_count + i
};

}  // namespace fm
#endif
