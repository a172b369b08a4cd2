// bucket_counts.h - how many magnitudes fall into each bucket; what a selection's first reading fills.
//
// A magnitude is a binary32 pattern with the sign cleared; its bucket is its upper 16 of 31 bits, so that
// buckets are ordered like magnitudes and 256 of them share an octave.
#ifndef FASTMERGE_SELECT_BUCKET_COUNTS_H
#define FASTMERGE_SELECT_BUCKET_COUNTS_H
#include <bit>
#include <cstdint>

#include "select/pages.h"

namespace fm {

constexpr int bucket_shift = 15;
constexpr int64_t bucket_total = int64_t{1} << 16;
constexpr uint32_t bucket_width = 1u << bucket_shift;

inline uint32_t magnitude(float value) { return std::bit_cast<uint32_t>(value) & 0x7fffffffu; }

/// Counts of one worker and one histogram entry. Neighbouring elements count in different copies of a
/// bucket: equal values in a row would wait for each other's store otherwise.
class BucketCounts {
 public:
  /// copies is 1, 2 or 4. A counter holds limit elements before the counts move to wider ones.
  explicit BucketCounts(int copies, uint64_t limit = UINT32_MAX);

  /// Room for `coming` more elements; may allocate, where add may not.
  void make_room(int64_t coming);
  void add(const float* values, int32_t count);

  uint64_t at(uint32_t bucket) const;
  uint64_t total() const { return _total; }

  static int64_t bytes(int copies, int64_t element_count);

 private:
  Pages<uint32_t> _counts;  // copy c of bucket b at b * copies + c
  Pages<uint64_t> _moved;   // where counts went that might have overflowed
  int _copies;
  uint64_t _limit;
  uint64_t _pending = 0;
  uint64_t _total = 0;
};

}  // namespace fm
#endif
