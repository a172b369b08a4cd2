// select_driver.h - feeds a selection with tiles of any length, until it knows the cuts.
#ifndef FASTMERGE_TESTS_SELECT_DRIVER_H
#define FASTMERGE_TESTS_SELECT_DRIVER_H
#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "select/selection.h"
#include "select_data.h"

namespace select_driver {

using fm::Selection;

struct Chunk {
  int64_t first;
  int64_t count;
};

/// How the tensor is cut into calls and who makes them.
struct Reading {
  int64_t chunk = 1 << 20;
  int32_t tile = 256;
  int32_t workers = 1;
  bool in_threads = false;
  uint32_t shuffle = 0;                        // 0: in index order
  const std::vector<float>* sample = nullptr;  // of every entry; null: counts without one
};

class Driver {
 public:
  Driver(const std::vector<std::vector<float>>& values, const std::vector<fm_select_request>& requests,
         const Reading& reading)
      : _values(values),
        _reading(reading),
        _count(static_cast<int64_t>(values[0].size())),
        _selection(static_cast<int32_t>(values.size()), requests.data(),
                   static_cast<int32_t>(requests.size()), _count, reading.workers) {}

  std::vector<fm_cut> run() {
    read({0, _count}, false);
    EXPECT_EQ(_selection.next(nullptr), FM_OK);
    while (_selection.phase() != Selection::Phase::done) {
      phases.insert(_selection.phase());
      auto range = _selection.range();
      bool scan = _selection.phase() == Selection::Phase::scan;
      if (scan) scanned += range.count;
      ++readings;
      read({range.first, range.count}, scan);
      EXPECT_EQ(_selection.next(nullptr), FM_OK);
      if (testing::Test::HasFailure()) return {};
    }
    std::vector<fm_cut> cuts;
    for (int32_t r = 0; r < _selection.request_count(); ++r) cuts.push_back(_selection.cut(r));
    return cuts;
  }

  std::set<Selection::Phase> phases;  // of the second and later readings
  int readings = 1;
  int64_t scanned = 0;

 private:
  void read(Chunk range, bool ordered) {
    std::vector<Chunk> chunks;
    for (int64_t at = range.first; at < range.first + range.count; at += _reading.chunk) {
      chunks.push_back({at, std::min(_reading.chunk, range.first + range.count - at)});
    }
    if (ordered) {
      for (const Chunk& chunk : chunks) read_chunk(chunk, 0);
      return;
    }
    if (_reading.shuffle != 0) std::shuffle(chunks.begin(), chunks.end(), std::mt19937(_reading.shuffle));
    std::vector<std::thread> threads;
    for (int32_t w = 0; w < _reading.workers; ++w) {
      auto work = [&, w] {
        for (size_t c = static_cast<size_t>(w); c < chunks.size();
             c += static_cast<size_t>(_reading.workers)) {
          read_chunk(chunks[c], w);
        }
      };
      if (_reading.in_threads) {
        threads.emplace_back(work);
      } else {
        work();
      }
    }
    for (auto& thread : threads) thread.join();
  }

  void read_chunk(const Chunk& chunk, int32_t worker) {
    if (_reading.sample != nullptr) {
      auto give = [&](std::vector<fm::Sample>& samples, int64_t) {
        for (fm::Sample& sample : samples) {
          sample.add(_reading.sample->data(), static_cast<int64_t>(_reading.sample->size()));
        }
        return FM_OK;
      };
      ASSERT_EQ(_selection.expect_cuts(give), FM_OK);
    }
    _selection.open(worker, chunk.count);
    for (int64_t at = chunk.first; at < chunk.first + chunk.count; at += _reading.tile) {
      auto count = static_cast<int32_t>(std::min<int64_t>(_reading.tile, chunk.first + chunk.count - at));
      for (int32_t e = 0; e < static_cast<int32_t>(_values.size()); ++e) {
        ASSERT_TRUE(_selection.take(worker, e, at, _values[static_cast<size_t>(e)].data() + at, count));
      }
    }
  }

  const std::vector<std::vector<float>>& _values;
  Reading _reading;
  int64_t _count;
  Selection _selection;
};

inline std::vector<fm_cut> select(const std::vector<float>& values, const std::vector<int64_t>& keeps,
                                  const Reading& reading = {}) {
  std::vector<fm_select_request> requests;
  for (int64_t keep : keeps) requests.push_back({0, 0, keep});
  return Driver({values}, requests, reading).run();
}

}  // namespace select_driver
#endif
