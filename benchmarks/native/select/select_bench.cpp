// Time of an exact cut on one thread, as the engine runs it: chunks of 1M elements, every reading.
//   fm_select_bench [millions of elements] [rounds]
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <numeric>

#include "select_data.h"
#include "select_programs.h"

namespace {

using namespace select_programs;
/// Milliseconds on the clock on the wall and of this thread alone, which a busy machine disturbs less.
struct Times {
  double wall = 1e9;
  double thread = 1e9;

  static double now(clockid_t clock) {
    timespec time;
    clock_gettime(clock, &time);
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) * 1e-6;
  }
  static Times start() { return {now(CLOCK_MONOTONIC), now(CLOCK_THREAD_CPUTIME_ID)}; }
  Times since() const { return {now(CLOCK_MONOTONIC) - wall, now(CLOCK_THREAD_CPUTIME_ID) - thread}; }
  void keep_best(const Times& other) {
    wall = std::min(wall, other.wall);
    thread = std::min(thread, other.thread);
  }
};

void require(fm_status status, const fm_error& error) {
  if (status == FM_OK) return;
  std::fprintf(stderr, "%s\n", error.text);
  std::exit(1);
}

struct Result {
  Times times;
  int whole;  // readings of the whole tensor
};

struct Input {
  const char* name;
  Program program;
  const void* base;
  std::vector<const void*> models;
  int32_t dtype;
  uint32_t flags = 0;
  Times best = {}, best_read = {};
  int whole = 0;

  int32_t entries() const { return static_cast<int32_t>(std::max<size_t>(1, models.size())); }
};

Result select(const Input& input, int64_t elements) {
  constexpr int64_t chunk = 1 << 20;
  fm_error error = {};
  Times start = Times::start();
  std::vector<fm_select_request> requests;
  for (int32_t e = 0; e < input.entries(); ++e) requests.push_back({e, 0, elements / 5});
  fm_select* made = nullptr;
  require(fm_select_create(input.entries(), requests.data(), input.entries(), elements, 1, &made, &error),
          error);
  std::unique_ptr<fm_select, Destroy> select(made);
  int64_t first = 0, count = elements;
  Result result = {};
  for (int32_t more = 1, ordered = 0; more == 1;) {
    result.whole += count == elements;
    for (int64_t at = first; at < first + count; at += chunk) {
      ChunkRun run(input.base, input.models, input.dtype, at, std::min(chunk, first + count - at));
      run.run.flags = input.flags;
      require(fm_select_run(made, input.program.get(), &run.run, 0, 0, &error), error);
    }
    require(fm_select_next(made, &more, &first, &count, &ordered, &error), error);
  }
  std::vector<fm_cut> cuts(requests.size());
  require(fm_select_cuts(made, cuts.data(), &error), error);
  result.times = start.since();
  return result;
}

/// A reading of the same bytes that only adds them up.
Times read_all(const Input& input, int64_t elements) {
  Times start = Times::start();
  uint64_t sum = 0;
  auto add = [&](const void* data) {
    auto* words = static_cast<const uint64_t*>(data);
    sum += std::accumulate(words, words + elements * element_size(input.dtype) / 8, uint64_t{0});
  };
  add(input.base);
  for (const void* model : input.models) add(model);
  volatile uint64_t sink = sum;
  static_cast<void>(sink);
  return start.since();
}

void measure(Input& input, int64_t elements) {
  input.best_read.keep_best(read_all(input, elements));
  Result result = select(input, elements);
  input.best.keep_best(result.times);
  input.whole = result.whole;
}

void report(const Input& input, int64_t elements) {
  double magnitudes = static_cast<double>(elements) * input.entries();
  std::printf(
      "%-40s wall %7.2f ms   thread %7.2f ms   %5.2f ns/magnitude   %d full readings   plain %.2f ms\n",
      input.name, input.best.wall, input.best.thread, input.best.thread * 1e6 / magnitudes, input.whole,
      input.best_read.thread);
}

std::vector<uint16_t> bf16_words(const std::vector<float>& values) {
  std::vector<uint16_t> words;
  for (float value : values) words.push_back(static_cast<uint16_t>(select_data::bits(value) >> 16));
  return words;
}

}  // namespace

int main(int count, char** arguments) {
  using namespace select_data;
  int64_t elements = (count > 1 ? std::atoll(arguments[1]) : 16) << 20;
  int rounds = count > 2 ? std::atoi(arguments[2]) : 7;
  auto continuous = make(Kind::continuous, elements, 1);
  auto base = make(Kind::continuous, elements, 2);
  for (float& value : base) value = as_bf16(value * 10);
  auto base_words = bf16_words(base);
  std::vector<uint16_t> tuned[3];
  for (uint32_t m = 0; m < 3; ++m) {
    auto values = make(Kind::continuous, elements, m + 3);
    for (size_t i = 0; i < values.size(); ++i) values[i] = as_bf16(base[i] + values[i] * 0.75f);
    tuned[m] = bf16_words(values);
  }
  std::vector<float> zero(static_cast<size_t>(elements));

  Input inputs[] = {
      {"continuous fp32 magnitudes", magnitudes(), continuous.data(), {}, FM_F32},
      {"continuous fp32 magnitudes, interpreted",
       magnitudes(),
       continuous.data(),
       {},
       FM_F32,
       FM_FLAG_INTERPRET},
      {"bf16 model - bf16 base", differences(), base_words.data(), {tuned[0].data()}, FM_BF16},
      {"3 bf16 models - bf16 base",
       differences(),
       base_words.data(),
       {tuned[0].data(), tuned[1].data(), tuned[2].data()},
       FM_BF16},
      {"bf16 model - bf16 base, interpreted",
       differences(),
       base_words.data(),
       {tuned[0].data()},
       FM_BF16,
       FM_FLAG_INTERPRET},
      {"fp32 model - fp32 base", differences(), base.data(), {continuous.data()}, FM_F32},
      {"bf16 magnitudes", magnitudes(), base_words.data(), {}, FM_BF16},
      {"one value", magnitudes(), zero.data(), {}, FM_F32},
  };
  for (int round = 0; round < rounds; ++round) {
    for (Input& input : inputs) measure(input, elements);
  }
  for (const Input& input : inputs) report(input, elements);
}
