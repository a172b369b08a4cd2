// fm_bench - speed of the passes next to memcpy of the same bytes in the same run.
//
//   fm_bench [--elements N] [--repeat N] [--only TEXT] [--threads 1,2] [--targets x86-64-v4,x86-64-v3]
//            [--clock wall|cpu]      cpu: processor time, for machines that others use at the same time
//
// A line: what, target, threads, GB/s (bytes read + written), its ratio to memcpy. Each figure is the best of
// the repeats; memcpy and the pass take turns, so that both see the same state of the machine.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <random>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <time.h>

#include "fastmerge.h"
#include "program_builder.h"

struct fm_program_words {
  const char* name;
  const uint32_t* words;
  int64_t count;
};
#include "fm_programs.inl"

namespace {

constexpr int kModels = 3;
constexpr int64_t kChunk = 1 << 20;

struct Options {
  int64_t elements = int64_t{48} << 20;
  int repeat = 7;
  std::string only, clock = "wall";
  std::vector<std::string> threads = {"1", "2"}, targets = {"x86-64-v4", "x86-64-v3"};
};

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  std::stringstream stream(text);
  for (std::string part; std::getline(stream, part, ',');) parts.push_back(part);
  return parts;
}

Options parse(int argc, char** argv) {
  Options o;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i], value = argv[i + 1];
    if (name == "--elements") o.elements = std::atoll(value.c_str());
    if (name == "--repeat") o.repeat = std::atoi(value.c_str());
    if (name == "--only") o.only = value;
    if (name == "--clock") o.clock = value;
    if (name == "--threads") o.threads = split(value);
    if (name == "--targets") o.targets = split(value);
  }
  return o;
}

struct Free {
  void operator()(void* p) const { std::free(p); }
};

// Four bf16 inputs and an output of 4 bytes an element.
class Data {
 public:
  explicit Data(int64_t elements) : elements_(elements) {
    std::mt19937_64 random(1);
    for (auto& input : inputs_) {
      input.reset(std::aligned_alloc(1 << 21, bytes(2)));
      auto* words = static_cast<uint64_t*>(input.get());
      // Magnitudes about 0.01 with random signs and mantissas.
      for (int64_t i = 0; i < elements / 4; ++i)
        words[i] = (random() & 0x80ff80ff80ff80ff) | 0x3c003c003c003c00;
    }
    output_.reset(std::aligned_alloc(1 << 21, bytes(4)));
    std::memset(output_.get(), 1, bytes(4));
  }
  char* input(int i) const { return static_cast<char*>(inputs_[i].get()); }
  char* output() const { return static_cast<char*>(output_.get()); }
  int64_t elements() const { return elements_; }

 private:
  size_t bytes(int size) const { return (elements_ * size + (1 << 21) - 1) >> 21 << 21; }
  int64_t elements_;
  std::unique_ptr<void, Free> inputs_[kModels + 1], output_;
};

bool processor_time = false;

double now(clockid_t clock) {
  timespec t;
  clock_gettime(clock, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

// Runs work(begin, end) over the elements on several threads and gives the seconds until all are done, or the
// processor time of the slowest.
double timed(int threads, int64_t elements, const std::function<void(int64_t, int64_t)>& work) {
  const int64_t share = elements / threads / 4096 * 4096;
  std::vector<double> seconds(threads);
  const auto part = [&](int t) {
    const double start = now(CLOCK_THREAD_CPUTIME_ID);
    work(t * share, t + 1 == threads ? elements : (t + 1) * share);
    seconds[t] = now(CLOCK_THREAD_CPUTIME_ID) - start;
  };
  const double start = now(CLOCK_MONOTONIC);
  std::vector<std::thread> others;
  for (int t = 1; t < threads; ++t) others.emplace_back(part, t);
  part(0);
  for (std::thread& t : others) t.join();
  const double wall = now(CLOCK_MONOTONIC) - start;
  return processor_time ? *std::max_element(seconds.begin(), seconds.end()) : wall;
}

// memcpy of `bytes` read + written in all, over the same buffers.
double copy_seconds(const Data& data, int threads, int64_t bytes_per_element) {
  return timed(threads, data.elements(), [&](int64_t begin, int64_t end) {
    int64_t left = (end - begin) * bytes_per_element / 2;
    for (int i = 0; left > 0; i = (i + 1) % (kModels + 1)) {
      const int64_t n = std::min(left, (end - begin) * 2);
      std::memcpy(data.output() + begin * 4 + (i & 1) * n, data.input(i) + begin * 2, n);
      left -= n;
    }
  });
}

struct Case {
  std::string name;
  std::vector<uint32_t> words;
  uint32_t flags;
  int32_t output;
};

// One thread's part of a pass, chunk by chunk.
void run_case(const fm_program& program, const Case& c, const Data& data, int64_t begin, int64_t end) {
  const int32_t models = c.words[5] ? kModels : 0;
  std::vector<float> uniforms(c.words[6] + c.words[7] * kModels + 1, 0.31f);
  std::vector<fm_cut> cuts(c.words[8] * kModels + 1, {0x3b800000, 0, INT64_MAX});
  std::vector<fm_random> randoms(c.words[9] * kModels + 1, {42, 77, uint64_t{1} << 31, 0, 0});
  std::vector<double> sums(64);
  const int64_t output_size = c.output == FM_F32 ? 4 : 2;
  for (int64_t at = begin; at < end; at += kChunk) {
    fm_buffer single = {data.input(kModels) + at * 2, FM_BF16, 0, 0};
    fm_buffer inputs[kModels];
    for (int k = 0; k < kModels; ++k) inputs[k] = {data.input(k) + at * 2, FM_BF16, 0, 0};
    fm_buffer output = {data.output() + at * output_size, c.output, 0, 0};
    fm_run run{};
    run.struct_size = sizeof run;
    run.flags = c.flags;
    run.models = models;
    run.first_element = at;
    run.element_count = std::min(kChunk, end - at);
    run.single_inputs = &single;
    run.model_inputs = inputs;
    run.outputs = &output;
    run.uniforms = uniforms.data();
    run.cuts = cuts.data();
    run.randoms = randoms.data();
    fm_error error{};
    const fm_status status =
        c.words[11] ? fm_map_run(&program, &run, &error)
                    : fm_reduce_run(&program, &run, sums.data(), static_cast<int64_t>(sums.size()), &error);
    if (status != FM_OK) std::puts(error.text), std::exit(1);
  }
}

std::vector<Case> make_cases() {
  std::vector<Case> cases;
  constexpr uint32_t kCount = FM_FLAG_COUNT_NONFINITE;
  for (const fm_program_words& p : fm_programs) {
    const std::vector<uint32_t> words(p.words, p.words + p.count);
    cases.push_back({p.name, words, kCount, FM_BF16});
    cases.push_back({std::string(p.name) + " interpreted", words, kCount | FM_FLAG_INTERPRET, FM_BF16});
  }
  fm_test::ProgramBuilder gram;
  gram.begin_loop();
  const uint32_t model = gram.load_model();
  gram.end_loop();
  gram.reduce(FM_OP_REDUCE_GRAM, model);
  cases.push_back({"gram", gram.words(), kCount, FM_BF16});
  return cases;
}

void measure(const Case& c, const Data& data, const Options& options, const std::string& target,
             int threads) {
  fm_error error{};
  fm_program* program = nullptr;
  if (fm_program_create(c.words.data(), static_cast<int64_t>(c.words.size()), &program, &error) ||
      fm_target_select(target.c_str(), &error)) {
    std::puts(error.text);
    return;
  }
  const int64_t bytes =
      2 * (c.words[4] + (c.words[5] ? kModels : 0)) + (c.words[11] ? (c.output == FM_F32 ? 4 : 2) : 0);
  double copy = 1e9, pass = 1e9;
  for (int r = 0; r < options.repeat; ++r) {
    copy = std::min(copy, copy_seconds(data, threads, bytes));
    pass = std::min(pass, timed(threads, data.elements(), [&](int64_t begin, int64_t end) {
                      run_case(*program, c, data, begin, end);
                    }));
  }
  const double gigabytes = static_cast<double>(bytes * data.elements()) * 1e-9;
  std::printf("%-32s %-10s %d  %6.1f GB/s  memcpy %6.1f GB/s  ratio %.2f\n", c.name.c_str(), target.c_str(),
              threads, gigabytes / pass, gigabytes / copy, copy / pass);
  std::fflush(stdout);
  fm_program_destroy(program);
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  processor_time = options.clock == "cpu";
  const Data data(options.elements);
  for (const std::string& target : options.targets)
    for (const Case& c : make_cases())
      if (c.name.find(options.only) != std::string::npos)
        for (const std::string& threads : options.threads)
          measure(c, data, options, target, std::atoi(threads.c_str()));
  return 0;
}
