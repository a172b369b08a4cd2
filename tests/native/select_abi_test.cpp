// Selections through the C ABI, over programs and mapped files.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <thread>

#include "select_data.h"
#include "select_programs.h"

namespace {

using namespace select_data;
using namespace select_programs;
using Select = std::unique_ptr<fm_select, Destroy>;

Select create(int32_t entries, const std::vector<fm_select_request>& requests, int64_t elements,
              int32_t workers) {
  fm_select* select = nullptr;
  fm_error error = {};
  EXPECT_EQ(fm_select_create(entries, requests.data(), static_cast<int32_t>(requests.size()), elements,
                             workers, &select, &error),
            FM_OK)
      << error.text;
  return Select(select);
}

std::vector<uint16_t> bf16_words(const std::vector<float>& values) {
  std::vector<uint16_t> words;
  for (float value : values) words.push_back(static_cast<uint16_t>(bits(value) >> 16));
  return words;
}

/// A base and models of it, all bf16, and the differences that a program sees.
struct Checkpoints {
  Checkpoints(int64_t count, int models) : elements(count) {
    auto base_values = make(Kind::continuous, count, 1);
    for (float& value : base_values) value = as_bf16(value * 10);
    base = bf16_words(base_values);
    for (int m = 0; m < models; ++m) {
      auto change = make(Kind::continuous, count, static_cast<uint32_t>(m + 2));
      std::vector<float> values, difference;
      for (size_t i = 0; i < base_values.size(); ++i) {
        values.push_back(as_bf16(base_values[i] + change[i]));
        difference.push_back(values.back() - base_values[i]);
      }
      words.push_back(bf16_words(values));
      differences.push_back(difference);
    }
  }
  std::vector<const void*> models() const {
    std::vector<const void*> data;
    for (const auto& model : words) data.push_back(model.data());
    return data;
  }

  int64_t elements;
  std::vector<uint16_t> base;
  std::vector<std::vector<uint16_t>> words;
  std::vector<std::vector<float>> differences;
};

/// One reading of [first, first + count) by some threads.
void read(fm_select* select, const fm_program* program, const void* base,
          const std::vector<const void*>& models, int32_t dtype, int64_t first, int64_t count,
          int32_t workers, int64_t chunk) {
  std::vector<std::thread> threads;
  for (int32_t w = 0; w < workers; ++w) {
    threads.emplace_back([=] {
      for (int64_t at = first + w * chunk; at < first + count; at += workers * chunk) {
        ChunkRun run(base, models, dtype, at, std::min(chunk, first + count - at));
        fm_error error = {};
        ASSERT_EQ(fm_select_run(select, program, &run.run, 0, w, &error), FM_OK) << error.text;
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

std::vector<fm_cut> finish(fm_select* select, size_t requests, const fm_program* program, const void* base,
                           const std::vector<const void*>& models, int32_t dtype, int64_t elements,
                           int32_t workers, int64_t chunk) {
  read(select, program, base, models, dtype, 0, elements, workers, chunk);
  for (;;) {
    int32_t more = 0, ordered = 0;
    int64_t first = 0, count = 0;
    fm_error error = {};
    EXPECT_EQ(fm_select_next(select, &more, &first, &count, &ordered, &error), FM_OK) << error.text;
    if (more == 0 || testing::Test::HasFailure()) break;
    read(select, program, base, models, dtype, first, count, ordered ? 1 : workers, chunk);
  }
  std::vector<fm_cut> cuts(requests);
  EXPECT_EQ(fm_select_cuts(select, cuts.data(), nullptr), FM_OK);
  return cuts;
}

class SelectAbi : public testing::TestWithParam<std::tuple<int32_t, int64_t>> {};

TEST_P(SelectAbi, CutsOfModelDifferencesAreTheOnesOfSorting) {
  auto [workers, chunk] = GetParam();
  Checkpoints files(150001, 3);
  std::vector<fm_select_request> requests;
  for (int32_t m = 0; m < 3; ++m) {
    requests.push_back({m, 0, 30000});
    requests.push_back({m, 0, 149000 - m});
  }
  auto program = differences();
  ASSERT_NE(program, nullptr);
  auto select = create(3, requests, files.elements, workers);
  auto cuts = finish(select.get(), requests.size(), program.get(), files.base.data(), files.models(), FM_BF16,
                     files.elements, workers, chunk);
  for (size_t r = 0; r < requests.size(); ++r) {
    EXPECT_EQ(cuts[r], oracle(files.differences[static_cast<size_t>(requests[r].entry)], requests[r].keep))
        << r;
  }
}

INSTANTIATE_TEST_SUITE_P(Cuttings, SelectAbi,
                         testing::Combine(testing::Values(1, 4),
                                          testing::Values<int64_t>(1000, 65536, 1 << 20)));

TEST(SelectAbiRun, SinglesOfFp32WithEveryKindOfValue) {
  auto program = magnitudes();
  for (Kind kind : {Kind::continuous, Kind::special, Kind::mostly_zero}) {
    for (int64_t elements : {int64_t{5000}, int64_t{100000}}) {
      auto values = make(kind, elements, 17);
      std::vector<fm_select_request> requests = {
          {0, 0, elements / 10}, {0, 0, elements / 2}, {0, 0, elements - 3}};
      auto select = create(1, requests, elements, 2);
      auto cuts = finish(select.get(), 3, program.get(), values.data(), {}, FM_F32, elements, 2, 4097);
      for (size_t r = 0; r < 3; ++r) EXPECT_EQ(cuts[r], oracle(values, requests[r].keep));
    }
  }
}

TEST(SelectAbiRun, NanPayloadsDoNotOrderNans) {
  for (int64_t elements : {int64_t{1000}, int64_t{200000}}) {
    auto values = make(Kind::continuous, elements, 1), canonical = values;
    for (uint32_t i = 0; i < 20; ++i) {
      // From quiet with a payload down to signalling next to Inf, and some Infs.
      uint32_t nan = i % 2 ? 0x7fc00000u + i : 0xff800001u + i;
      values[50 * i] = std::bit_cast<float>(i % 5 == 4 ? 0x7f800000u : nan);
      canonical[50 * i] = std::bit_cast<float>(i % 5 == 4 ? 0x7f800000u : 0x7fc00000u);
    }
    auto program = magnitudes();
    std::vector<fm_select_request> requests;
    for (int64_t keep : {4, 15, 16, 17, 19, 20, 21, 500}) requests.push_back({0, 0, keep});
    auto select = create(1, requests, elements, 2);
    auto cuts =
        finish(select.get(), requests.size(), program.get(), values.data(), {}, FM_F32, elements, 2, 3000);
    for (size_t r = 0; r < requests.size(); ++r) EXPECT_EQ(cuts[r], oracle(canonical, requests[r].keep));
  }
}

TEST(SelectAbiRun, TensorWithoutElements) {
  auto program = magnitudes();
  auto select = create(1, {{0, 0, 4}}, 0, 1);
  auto cuts = finish(select.get(), 1, program.get(), nullptr, {}, FM_F32, 0, 1, 1000);
  EXPECT_EQ(cuts[0], (fm_cut{0, 0, INT64_MAX}));
}

TEST(SelectAbiErrors, CreateRefusesWhatMakesNoSense) {
  fm_select* select = nullptr;
  fm_error error = {};
  fm_select_request request = {0, 0, 1};
  EXPECT_EQ(fm_select_create(1, &request, 1, 10, 1, nullptr, &error), FM_INVALID_ARGUMENT);
  EXPECT_EQ(fm_select_create(0, &request, 1, 10, 1, &select, &error), FM_INVALID_ARGUMENT);
  EXPECT_EQ(fm_select_create(1, nullptr, 1, 10, 1, &select, &error), FM_INVALID_ARGUMENT);
  EXPECT_EQ(fm_select_create(1, &request, -1, 10, 1, &select, &error), FM_INVALID_ARGUMENT);
  EXPECT_EQ(fm_select_create(1, &request, 1, -1, 1, &select, &error), FM_INVALID_ARGUMENT);
  EXPECT_EQ(fm_select_create(1, &request, 1, INT64_MAX, 1, &select, &error), FM_INVALID_ARGUMENT);
  EXPECT_EQ(fm_select_create(1, &request, 1, 10, 0, &select, nullptr), FM_INVALID_ARGUMENT);
  request.entry = 1;
  EXPECT_EQ(fm_select_create(1, &request, 1, 10, 1, &select, &error), FM_INVALID_ARGUMENT);
  EXPECT_STREQ(error.text, "fm_select_create: request 0 is for entry 1 of 1");
  EXPECT_EQ(select, nullptr);
  fm_select_destroy(nullptr);
}

TEST(SelectAbiErrors, RunRefusesWhatMakesNoSense) {
  auto values = make(Kind::continuous, 100, 1);
  auto program = magnitudes();
  auto select = create(1, {{0, 0, 5}}, 100, 2);
  fm_error error = {};
  ChunkRun run(values.data(), {}, FM_F32, 0, 100);
  EXPECT_EQ(fm_select_run(nullptr, program.get(), &run.run, 0, 0, &error), FM_INVALID_ARGUMENT);
  EXPECT_EQ(fm_select_run(select.get(), nullptr, &run.run, 0, 0, &error), FM_INVALID_ARGUMENT);
  EXPECT_EQ(fm_select_run(select.get(), program.get(), nullptr, 0, 0, &error), FM_INVALID_ARGUMENT);
  EXPECT_EQ(fm_select_run(select.get(), program.get(), &run.run, 0, 2, &error), FM_INVALID_ARGUMENT);
  EXPECT_EQ(fm_select_run(select.get(), program.get(), &run.run, 0, -1, &error), FM_INVALID_ARGUMENT);
  for (int64_t before : {int64_t{-1}, int64_t{1}, INT64_MAX}) {
    EXPECT_EQ(fm_select_run(select.get(), program.get(), &run.run, before, 0, &error), FM_INVALID_ARGUMENT);
  }
  for (auto [first, count] :
       {std::pair<int64_t, int64_t>{1, 100}, {-1, 5}, {0, -1}, {INT64_MAX, 1}, {101, 0}}) {
    run.run.first_element = first;
    run.run.element_count = count;
    EXPECT_EQ(fm_select_run(select.get(), program.get(), &run.run, 0, 0, &error), FM_INVALID_ARGUMENT);
  }
  fm_cut cut;
  EXPECT_EQ(fm_select_cuts(select.get(), &cut, &error), FM_INVALID_ARGUMENT)
      << "before the readings are done";
  auto cuts = finish(select.get(), 1, program.get(), values.data(), {}, FM_F32, 100, 2, 50);
  EXPECT_EQ(cuts[0], oracle(values, 5)) << "refused calls leave no trace";
  ChunkRun late(values.data(), {}, FM_F32, 0, 100);
  EXPECT_EQ(fm_select_run(select.get(), program.get(), &late.run, 0, 0, &error), FM_INVALID_ARGUMENT);
  EXPECT_EQ(fm_select_cuts(select.get(), nullptr, &error), FM_INVALID_ARGUMENT);
  EXPECT_EQ(fm_select_cuts(nullptr, &cut, &error), FM_INVALID_ARGUMENT);
}

TEST(SelectAbiErrors, ProgramWithMoreEntriesThanAgreed) {
  Checkpoints files(1000, 3);
  auto program = differences();
  auto select = create(2, {{0, 0, 5}, {1, 0, 5}}, 1000, 1);
  ChunkRun run(files.base.data(), files.models(), FM_BF16, 0, 1000);
  fm_error error = {};
  EXPECT_EQ(fm_select_run(select.get(), program.get(), &run.run, 0, 0, &error), FM_INVALID_ARGUMENT);
  EXPECT_STREQ(error.text, "fm_select_run: histogram entry 2 at element 0 is unknown or out of order");
}

TEST(SelectAbiErrors, NextRefusesNull) {
  auto select = create(1, {{0, 0, 5}}, 100, 2);
  int32_t flag = 0;
  int64_t number = 0;
  EXPECT_EQ(fm_select_next(nullptr, &flag, &number, &number, &flag, nullptr), FM_INVALID_ARGUMENT);
  EXPECT_EQ(fm_select_next(select.get(), nullptr, &number, &number, &flag, nullptr), FM_INVALID_ARGUMENT);
  EXPECT_EQ(fm_select_next(select.get(), &flag, nullptr, &number, &flag, nullptr), FM_INVALID_ARGUMENT);
  EXPECT_EQ(fm_select_next(select.get(), &flag, &number, nullptr, &flag, nullptr), FM_INVALID_ARGUMENT);
  EXPECT_EQ(fm_select_next(select.get(), &flag, &number, &number, nullptr, nullptr), FM_INVALID_ARGUMENT);
  EXPECT_EQ(fm_select_next(select.get(), &flag, &number, &number, &flag, nullptr), FM_INVALID_ARGUMENT)
      << "nothing was read yet";
}

TEST(SelectAbiErrors, InputThatShrinksEndsTheSelection) {
  constexpr int64_t elements = 300000;
  auto values = make(Kind::continuous, elements, 1);
  char name[] = "/tmp/fastmerge-select-XXXXXX";
  int descriptor = mkstemp(name);
  unlink(name);
  ASSERT_EQ(pwrite(descriptor, values.data(), elements * 4, 0), elements * 4);
  void* mapped = nullptr;
  ASSERT_EQ(fm_map_file(descriptor, elements * 4, &mapped, nullptr), FM_OK);

  auto program = magnitudes();
  auto select = create(1, {{0, 0, 1000}}, elements, 1);
  fm_error error = {};
  ChunkRun whole(mapped, {}, FM_F32, 0, elements);
  EXPECT_EQ(fm_select_run(select.get(), program.get(), &whole.run, 0, 0, &error), FM_OK) << error.text;
  int32_t more = 0, ordered = 0;
  int64_t first = 0, count = 0;
  ASSERT_EQ(fm_select_next(select.get(), &more, &first, &count, &ordered, &error), FM_OK);
  ASSERT_EQ(more, 1);
  ASSERT_EQ(ftruncate(descriptor, elements * 2), 0);
  EXPECT_EQ(fm_select_run(select.get(), program.get(), &whole.run, 0, 0, &error), FM_INPUT_SHRANK);
  EXPECT_EQ(fm_select_next(select.get(), &more, &first, &count, &ordered, &error), FM_INVALID_ARGUMENT);
  EXPECT_STREQ(error.text, "fm_select_next: a reading of this selection failed");
  fm_unmap_file(mapped, elements * 4);
  close(descriptor);
}

int64_t data_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmData:")) return std::stoll(line.substr(7)) * 1024;
  }
  return -1;
}

class SelectAbiBytes : public testing::TestWithParam<int32_t> {};

TEST_P(SelectAbiBytes, AreAnUpperBound) {
  int32_t request_count = GetParam();
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "a sanitizer's own memory would be counted";
#endif
  auto program = magnitudes();
  for (Kind kind : {Kind::continuous, Kind::odd_ties}) {
    for (int64_t elements : {int64_t{60000}, int64_t{400000}}) {
      for (int32_t workers : {1, 20}) {
        auto values = make(kind, elements, 17);
        std::vector<fm_select_request> requests(static_cast<size_t>(request_count), {0, 0, elements / 3});
        int64_t bound = fm_select_bytes(1, request_count, elements, workers);
        int64_t before = data_bytes(), most = 0;
        {
          auto select = create(1, requests, elements, workers);
          for (int32_t more = 1, ordered = 0; more == 1;) {
            int64_t first = 0, count = 0;
            for (int32_t w = 0; w < workers; ++w) {
              int64_t from = elements / workers * w;
              ChunkRun part(values.data(), {}, FM_F32, from,
                            w == workers - 1 ? elements - from : elements / workers);
              ASSERT_EQ(fm_select_run(select.get(), program.get(), &part.run, 0, w, nullptr), FM_OK);
            }
            most = std::max(most, data_bytes() - before);
            ASSERT_EQ(fm_select_next(select.get(), &more, &first, &count, &ordered, nullptr), FM_OK);
            most = std::max(most, data_bytes() - before);
          }
        }
        EXPECT_LE(most, bound + (256 << 10)) << elements << " elements, " << workers << " workers";
        EXPECT_LE(bound, 8 * std::max<int64_t>(most, 1 << 20)) << "far from what is used";
      }
    }
  }
  EXPECT_EQ(fm_select_bytes(0, 1, 10, 1), 0);
  EXPECT_EQ(fm_select_bytes(1, -1, 10, 1), 0);
}

INSTANTIATE_TEST_SUITE_P(Requests, SelectAbiBytes, testing::Values(1, 2, 7));

}  // namespace
