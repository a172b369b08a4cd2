// The CUDA backend's host path and the text of its kernels, with a driver and an NVRTC that run on the host.
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <string_view>

#include "checks.h"
#include "sample_programs.h"

namespace fm_test {
namespace {

struct DeviceCloser {
  void operator()(fm_device* d) const { fm_device_close(d); }
};
using Device = std::unique_ptr<fm_device, DeviceCloser>;

class DeviceCuda : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    setenv("FASTMERGE_CUDA", FM_MOCK_CUDA, 1);
    setenv("FASTMERGE_NVRTC", FM_MOCK_CUDA, 1);
    calls_made = reinterpret_cast<int (*)(int)>(dlsym(dlopen(FM_MOCK_CUDA, RTLD_NOW), "fm_mock_cuda_calls"));
    ASSERT_NE(calls_made, nullptr);
  }
  void TearDown() override { unsetenv("FM_MOCK_CUDA_FAIL"); }

  static Device open() {
    fm_device* device = nullptr;
    fm_error error{};
    EXPECT_EQ(fm_device_open(FM_DEVICE_CUDA, 0, &device, &error), FM_OK) << error.text;
    return Device(device);
  }

  static int (*calls_made)(int);
};
int (*DeviceCuda::calls_made)(int) = nullptr;

TEST_F(DeviceCuda, ADeviceSaysWhatItIs_AnOldOneWhyNot) {
  int32_t count = 0;
  fm_error error{};
  fm_device_info info{};
  info.struct_size = sizeof info;
  ASSERT_EQ(fm_device_count(FM_DEVICE_CUDA, &count, &error), FM_OK) << error.text;
  ASSERT_EQ(count, 2);
  ASSERT_EQ(fm_device_describe(FM_DEVICE_CUDA, 0, &info, &error), FM_OK) << error.text;
  EXPECT_STREQ(info.name, "mock 0");
  EXPECT_STREQ(info.driver, "12.8, compute capability 8.0");
  EXPECT_STREQ(info.refusal, "");
  ASSERT_EQ(fm_device_describe(FM_DEVICE_CUDA, 1, &info, &error), FM_OK) << error.text;
  EXPECT_STREQ(info.refusal, "its compute capability is below 7.0");
  fm_device* device = nullptr;
  EXPECT_EQ(fm_device_open(FM_DEVICE_CUDA, 1, &device, &error), FM_UNSUPPORTED);
}

TEST_F(DeviceCuda, KernelsMatchTheOracle) {
  const Device device = open();
  const std::vector<SampleProgram> samples = operation_programs();
  const size_t step = std::max<size_t>(1, samples.size() / 8);
  for (size_t i = samples.size() - 1; i < samples.size(); i -= step)
    EXPECT_EQ(check_device_map(device.get(), samples[i].words,
                               {.models = 3, .count = 1300, .first = 77, .output = FM_F32, .wild = true},
                               FM_FLAG_COUNT_NONFINITE, 5),
              "")
        << samples[i].name;
  for (const int32_t dtype : {FM_F64, FM_F8_E4M3})
    EXPECT_EQ(check_device_map(device.get(), copy_program(),
                               {.count = 4000, .input = dtype, .output = FM_BF16, .wild = true},
                               FM_FLAG_ZERO_NONFINITE | FM_FLAG_COUNT_NONFINITE, 5),
              "");
}

// Whatever call fails, the run ends with a line that says which, and the device can be used again.
TEST_F(DeviceCuda, EveryCallMayFail) {
  const std::vector<uint32_t> words = copy_program();
  calls_made(1);
  const Device good = open();
  ASSERT_EQ(check_device_map(good.get(), words, {.count = 100}, 0, 5), "");
  const int all = calls_made(1);
  ASSERT_GT(all, 15);
  for (int failing = 1; failing <= all; ++failing) {
    setenv("FM_MOCK_CUDA_FAIL", std::to_string(failing).c_str(), 1);
    calls_made(1);
    fm_device* raw = nullptr;
    fm_error error{};
    const fm_status opened = fm_device_open(FM_DEVICE_CUDA, 0, &raw, &error);
    const Device device(raw);
    if (opened != FM_OK) {
      EXPECT_EQ(opened, FM_OUT_OF_MEMORY) << failing << ": " << error.text;
      continue;
    }
    const std::string problem = check_device_map(device.get(), words, {.count = 100}, 0, 5);
    const bool is_told = problem.find("CUDA: cu") != problem.npos || problem.find("nvrtc") != problem.npos ||
                         problem.find("compile") != problem.npos;
    EXPECT_TRUE(is_told) << failing << ": " << problem;
    unsetenv("FM_MOCK_CUDA_FAIL");
    EXPECT_EQ(check_device_map(device.get(), words, {.count = 100}, 0, 5), "") << failing;
  }
}

}  // namespace
}  // namespace fm_test
