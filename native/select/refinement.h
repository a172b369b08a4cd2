// refinement.h - the second reading of a selection: one bucket looked into, for one request.
#ifndef FASTMERGE_SELECT_REFINEMENT_H
#define FASTMERGE_SELECT_REFINEMENT_H
#include <atomic>
#include <cstdint>
#include <optional>
#include <vector>

#include "select/bucket_counts.h"
#include "select/pages.h"

namespace fm {

/// The tensor cut into at most 1024 blocks, so that a place in it is found with little reading.
struct Blocks {
  explicit Blocks(int64_t element_count);
  int64_t size;
  int64_t count;
};

/// The bucket that a cut falls into and the cut's place in it.
struct BucketRank {
  uint32_t bucket;
  uint64_t rank;  ///< the cut keeps this many of the bucket's largest, 1 to members
  uint64_t members;
  uint64_t below;  ///< members of the next smaller bucket
  uint64_t over;   ///< members of the next larger bucket
};

/// Where the last kept one of the equal magnitudes is.
enum class TieKind {
  all,       ///< all of them are kept
  at_index,  ///< index is one behind the last kept one
  in_block,  ///< it is the rank-th one in block
  unknown    ///< equal magnitudes have to be counted block by block
};

struct Threshold {
  uint32_t magnitude;
  TieKind kind;
  uint64_t rank;  ///< the cut keeps this many of the equal magnitudes (of the block's when in_block)
  int64_t index;
  int64_t block;
};

/// Counts the magnitudes of a bucket one by one. Magnitudes whose lower 12 bits are zero are counted for
/// each block: those are the differences of half-precision numbers, which tie by the million. Of the
/// others, the ones near the place where the cut is expected are written down with their index.
class Refinement {
 public:
  Refinement(const BucketRank& wanted, const Blocks& blocks, int workers);

  /// Prepares the memory of a worker; take then allocates nothing.
  void open(int worker);
  void take(int worker, int64_t first_element, const float* values, int32_t count);

  /// Elements seen, of all workers.
  uint64_t total() const;
  /// Nothing if the bucket does not have the members any more that it was counted to have.
  std::optional<Threshold> find() const;

  static int64_t bytes(const Blocks& blocks, int workers);

 private:
  static constexpr int coarse_shift = 12;
  static constexpr int64_t coarse_total = bucket_width >> coarse_shift;
  static constexpr uint64_t note_capacity = 1u << 16;

  struct Worker {
    Pages<uint32_t> coarse;  // count of value c in block b at b * coarse_total + c
    uint64_t total = 0;
  };

  void note(int64_t index, uint32_t low);
  void take_part(Worker& worker, int64_t block, int64_t first_element, const float* values, int32_t count);
  uint64_t members(uint32_t low) const;
  void place_coarse(Threshold& found, uint32_t low) const;
  void place_noted(Threshold& found, uint32_t low) const;

  BucketRank _wanted;
  Blocks _blocks;
  std::vector<Worker> _workers;
  Pages<uint64_t> _fine;   // shared; members that are not coarse, by lower bits
  Pages<uint64_t> _notes;  // shared; index << 15 | lower bits
  std::atomic<uint64_t> _noted{0};
  uint32_t _window_first = 0;  // lower bits that are written down
  uint32_t _window_span = bucket_width;
};

}  // namespace fm
#endif
