// Every call that reads mapped files, from four threads, while the files shrink and grow again.
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <thread>
#include <vector>

#include "memory/guard.h"
#include "select_data.h"
#include "select_programs.h"

namespace {

using namespace select_programs;

constexpr int64_t elements = 100000, bytes = elements * 4;

/// A mapped file of ones that can be cut and filled again.
class SharedFile {
 public:
  SharedFile() : _ones(elements, 1.0f) {
    char name[] = "/tmp/fastmerge-stress-XXXXXX";
    _descriptor = mkstemp(name);
    unlink(name);
    fill();
    EXPECT_EQ(fm_map_file(_descriptor, bytes, &mapped, nullptr), FM_OK);
  }
  ~SharedFile() {
    fm_unmap_file(mapped, bytes);
    close(_descriptor);
  }
  SharedFile(const SharedFile&) = delete;
  SharedFile& operator=(const SharedFile&) = delete;

  void cut(int64_t size) const { EXPECT_EQ(ftruncate(_descriptor, size), 0); }
  void fill() const { EXPECT_EQ(pwrite(_descriptor, _ones.data(), bytes, 0), bytes); }

  void* mapped = nullptr;

 private:
  std::vector<float> _ones;
  int _descriptor;
};

struct Programs {
  Program doubled, sum;
  Program count = magnitudes(), differ = differences();

  Programs() {
    fm_test::ProgramBuilder map, reduce;
    uint32_t value = map.load_single();
    map.store(map.add(FM_OP_ADD, value, value));
    doubled = compile(map);
    reduce.reduce(FM_OP_REDUCE_SUM, reduce.load_single());
    sum = compile(reduce);
  }
};

/// The calls that one thread makes; each gives the status it ends with.
class Caller {
 public:
  Caller(const Programs& programs, const SharedFile& file)
      : _programs(programs), _file(file), _copy(elements) {}

  fm_status copy() { return fm_guarded_copy(_copy.data(), _file.mapped, bytes, nullptr); }

  fm_status map() {
    ChunkRun run(_file.mapped, {}, FM_F32, 0, elements);
    fm_buffer output = {_copy.data(), FM_F32, 0, 0};
    run.run.outputs = &output;
    return fm_map_run(_programs.doubled.get(), &run.run, nullptr);
  }

  fm_status reduce() {
    ChunkRun run(_file.mapped, {}, FM_F32, 0, elements);
    return fm_reduce_run(_programs.sum.get(), &run.run, &total, 1, nullptr);
  }

  fm_status select(uint32_t flags, bool with_models) {
    fm_select_request request = {0, 0, elements / 3};
    fm_select* made = nullptr;
    EXPECT_EQ(fm_select_create(1, &request, 1, elements, 1, &made, nullptr), FM_OK);
    std::unique_ptr<fm_select, Destroy> select(made);
    int64_t first = 0, count = elements;
    for (int32_t more = 1, ordered = 0; more == 1;) {
      std::vector<const void*> models;
      if (with_models) models.push_back(_file.mapped);
      ChunkRun run(_file.mapped, models, FM_F32, first, count);
      run.run.flags = flags;
      auto* program = with_models ? _programs.differ.get() : _programs.count.get();
      fm_status status = fm_select_run(made, program, &run.run, 0, 0, nullptr);
      if (status != FM_OK) return status;
      status = fm_select_next(made, &more, &first, &count, &ordered, nullptr);
      if (status != FM_OK) return status;
    }
    return fm_select_cuts(made, &cut, nullptr);
  }

  fm_status call(int which) {
    switch (which % 5) {
      case 0: return copy();
      case 1: return map();
      case 2: return reduce();
      case 3: return select(0, which % 2 == 0);
      default: return select(FM_FLAG_INTERPRET, which % 2 == 0);
    }
  }

  double total = 0;
  fm_cut cut = {};
  float value() const { return _copy[elements - 1]; }

 private:
  const Programs& _programs;
  const SharedFile& _file;
  std::vector<float> _copy;
};

TEST(MemoryStress, EveryCallSurvivesFilesThatShrink) {
  Programs programs;
  SharedFile file;
  std::atomic<int> ok{0}, shrank{0}, running{4};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      Caller caller(programs, file);
      for (int round = 0; round < 250; ++round) {
        fm_status status = caller.call(round + t);
        if (status == FM_OK) {
          ++ok;
        } else {
          // A file that is whole again before anyone looks has changed, or could not be read.
          EXPECT_TRUE(status == FM_INPUT_SHRANK || status == FM_INPUT_IO || status == FM_INPUT_CHANGED)
              << status;
          shrank += status == FM_INPUT_SHRANK;
        }
        EXPECT_EQ(fm::guard_innermost, nullptr);
      }
      --running;
    });
  }
  for (uint32_t round = 0; running > 0; ++round) {
    file.cut(round * 4096 % bytes);
    std::this_thread::sleep_for(std::chrono::microseconds(300));
    file.fill();
    std::this_thread::sleep_for(std::chrono::microseconds(700));
  }
  for (auto& thread : threads) thread.join();
  EXPECT_GT(ok, 0);
  EXPECT_GT(shrank, 0);

  // With the file whole again everything works as ever.
  file.fill();
  Caller caller(programs, file);
  EXPECT_EQ(caller.map(), FM_OK);
  EXPECT_EQ(caller.value(), 2.0f);
  EXPECT_EQ(caller.reduce(), FM_OK);
  EXPECT_EQ(caller.total, static_cast<double>(elements));
  EXPECT_EQ(caller.select(0, false), FM_OK);
  EXPECT_EQ(caller.cut, (fm_cut{select_data::bits(1.0f), 0, elements / 3}));
}

}  // namespace
