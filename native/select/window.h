// window.h - a first reading that knows from a sample about where the cut will be.
#ifndef FASTMERGE_SELECT_WINDOW_H
#define FASTMERGE_SELECT_WINDOW_H
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "cpu/isa/target_table.h"
#include "select/pages.h"
#include "select/refinement.h"

namespace fm {

/// Where a cut is expected. A wrong guess costs a reading, never the result.
struct Window {
  static constexpr int most_atoms = 64;

  MagnitudeWindow range;
  int atom_count = 0;
  std::array<uint32_t, most_atoms> atoms = {};  ///< cells whose first magnitude ties: counted by block

  /// From a sample, which it reorders, and the fraction of elements to keep; nothing if a guess is not worth
  /// its while. More than 0 and less than 1 are kept.
  static std::optional<Window> expect(std::vector<uint32_t>& sample, double kept);
};

/// Counts what is above a window, and what is inside cell by cell, for one request.
class WindowReading {
 public:
  /// What there is to know after the reading: neither if the cut is not in the window.
  struct Place {
    std::optional<Threshold> threshold;
    std::optional<BucketRank> bucket;
  };

  WindowReading(const Window& window, const TargetTable& target, const Blocks& blocks, int workers);

  /// Prepares the memory of a worker; take then allocates nothing.
  void open(int worker);
  void take(int worker, int64_t first_element, const float* values, int32_t count);
  Place find(uint64_t keep);

  static int64_t bytes(const Blocks& blocks, int workers);

 private:
  static constexpr int64_t cell_total = 2 * kWindowCells;
  static constexpr int32_t piece = 1024;

  struct Worker {
    Pages<uint64_t> cells;  // by cell, the members that are not the cell's first magnitude in the second half
    Pages<uint32_t> ties;   // first magnitudes of atom a's cell in block b at b * most_atoms + a
    std::array<uint64_t, Window::most_atoms> placed = {};  // of an atom, what ties has of it
    uint64_t above = 0;
    int64_t block = -1;  // whose ties are not placed yet
  };

  void take_piece(Worker& worker, const float* values, int32_t count) const;
  void place_ties(Worker& worker) const;
  std::vector<uint64_t> cells() const;
  BucketRank bucket_of(const std::vector<uint64_t>& cells, int64_t cell, uint64_t keep) const;
  Threshold threshold_of(int64_t cell, uint64_t rank, uint64_t equal) const;

  Window _window;
  const TargetTable& _target;
  Blocks _blocks;
  std::vector<Worker> _workers;
};

}  // namespace fm
#endif
