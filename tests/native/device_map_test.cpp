// Map passes on every OpenCL device of this machine against the oracle; PoCL is one that needs no GPU.
#include <gtest/gtest.h>

#include <memory>
#include <string_view>
#include <thread>

#include "checks.h"
#include "sample_programs.h"

namespace fm_test {
namespace {

struct DeviceCloser {
  void operator()(fm_device* d) const { fm_device_close(d); }
};

class DeviceMap : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    int32_t count = 0;
    fm_error error{};
    ASSERT_EQ(fm_device_count(FM_DEVICE_OPENCL, &count, &error), FM_OK) << error.text;
    for (int32_t i = 0; i < count; ++i) {
      fm_device_info info{};
      info.struct_size = sizeof info;
      ASSERT_EQ(fm_device_describe(FM_DEVICE_OPENCL, i, &info, &error), FM_OK) << error.text;
      if (*info.refusal) continue;
      fm_device* device = nullptr;
      ASSERT_EQ(fm_device_open(FM_DEVICE_OPENCL, i, &device, &error), FM_OK) << error.text;
      devices().emplace_back(device);
    }
    ASSERT_FALSE(devices().empty()) << "no OpenCL device that can be used; pocl-opencl-icd is one";
  }
  static void TearDownTestSuite() { devices().clear(); }

  static std::vector<std::unique_ptr<fm_device, DeviceCloser>>& devices() {
    static std::vector<std::unique_ptr<fm_device, DeviceCloser>> all;
    return all;
  }

  static void check(const SampleProgram& sample, const Shape& shape,
                    uint32_t flags = FM_FLAG_COUNT_NONFINITE) {
    for (const auto& device : devices())
      EXPECT_EQ(check_device_map(device.get(), sample.words, shape, flags, 5), "") << sample.name;
  }
};

TEST_F(DeviceMap, EveryOperationMatchesTheOracle) {
  for (const SampleProgram& sample : operation_programs())
    for (const bool wild : {false, true})
      check(sample, {.models = 3, .count = 1300, .first = 77, .output = FM_F32, .wild = wild});
}

TEST_F(DeviceMap, EveryDTypeMatchesTheOracle) {
  for (int32_t from = 0; from < FM_DTYPE_COUNT; ++from)
    for (int32_t to = 0; to < FM_DTYPE_COUNT; ++to)
      check({"copy", copy_program()}, {.count = 4000, .input = from, .output = to, .wild = true});
}

TEST_F(DeviceMap, NumbersOfModelsAndLengthsMatchTheOracle) {
  const SampleProgram last = operation_programs().back();
  for (const int32_t models : {1, 2, 9, 70}) check(last, {.models = models, .count = 900});
  for (const int64_t count : {0, 1, 63, 64, 65, 5000}) check(last, {.count = count, .first = count});
}

TEST_F(DeviceMap, RowsZeroesAndAlignmentMatchTheOracle) {
  const SampleProgram last = operation_programs().back();
  for (const int64_t row : {1, 7, 1000}) check(last, {.count = 3000, .first = row * 3, .row_length = row});
  check(last, {.count = 5000, .output = FM_F32, .wild = true},
        FM_FLAG_ZERO_NONFINITE | FM_FLAG_COUNT_NONFINITE);
  check(last, {.count = 600, .wild = true, .misalignment = 3}, 0);
}

TEST_F(DeviceMap, RunsFromManyThreadsAtOnce) {
  const SampleProgram last = operation_programs().back();
  std::vector<std::string> found(8);
  std::vector<std::thread> threads;
  for (size_t t = 0; t < found.size(); ++t)
    threads.emplace_back([&, t] {
      for (uint32_t i = 0; i < 5 && found[t].empty(); ++i)
        found[t] = check_device_map(devices()[0].get(), last.words, {.count = 700 + int64_t(100 * t)}, 0, i);
    });
  for (std::thread& thread : threads) thread.join();
  for (const std::string& problem : found) EXPECT_EQ(problem, "");
}

TEST_F(DeviceMap, RefusesWhatIsNotThere) {
  fm_error error{};
  fm_device* device = nullptr;
  int32_t count = 0;
  EXPECT_EQ(fm_device_count(7, &count, &error), FM_INVALID_ARGUMENT);
  EXPECT_EQ(fm_device_open(FM_DEVICE_OPENCL, 99, &device, &error), FM_INVALID_ARGUMENT);
  EXPECT_NE(std::string_view(error.text).find("device 99"), std::string_view::npos) << error.text;
  EXPECT_EQ(device, nullptr);
  EXPECT_EQ(fm_device_map_run(nullptr, nullptr, nullptr, &error), FM_INVALID_ARGUMENT);
}

}  // namespace
}  // namespace fm_test
