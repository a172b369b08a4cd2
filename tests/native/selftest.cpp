// fm_selftest - compares every target of this machine with the oracle; needs no test framework, so it runs
// under emulators. One line a group; exit code 1 when something differs.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "checks.h"
#include "sample_programs.h"

namespace {

using namespace fm_test;

int failures = 0;

void report(const char* group, int checks, const std::string& problem) {
  std::printf("%-24s %6d checks  %s\n", group, checks, problem.empty() ? "ok" : problem.c_str());
  std::fflush(stdout);
  failures += !problem.empty();
}

void check_conversions() {
  int checks = 0;
  std::string problem;
  for (int32_t from = 0; from < FM_DTYPE_COUNT; ++from)
    for (int32_t to = 0; to < FM_DTYPE_COUNT; ++to, ++checks)
      if (problem.empty())
        problem = check_map(copy_program(), {.count = 4000, .input = from, .output = to, .wild = true},
                            FM_FLAG_COUNT_NONFINITE, 11);
  report("conversions", checks, problem);
}

void check_operations() {
  int checks = 0;
  std::string problem;
  for (const auto& sample : operation_programs())
    for (int32_t models = 1; models <= 4; ++models, ++checks)
      if (problem.empty()) {
        problem =
            check_map(sample.words,
                      {.models = models, .count = 1100, .first = 77, .output = FM_F32, .wild = true}, 0, 5);
        if (!problem.empty()) problem = sample.name + " " + problem;
      }
  report("operations", checks, problem);
}

void check_catalogue(int64_t longest) {
  for (const CatalogueProgram& program : catalogue()) {
    int checks = 0;
    std::string problem;
    for (int32_t models = 1; models <= 6; ++models)
      for (const int64_t count : {int64_t{1}, int64_t{65}, longest})
        for (const int32_t dtype : {FM_BF16, FM_F16, FM_F32})
          for (const bool wild : {false, true}) {
            ++checks;
            if (problem.empty())
              problem = check_map(program.words,
                                  {.models = models,
                                   .count = count,
                                   .first = 63,
                                   .input = dtype,
                                   .output = dtype,
                                   .wild = wild},
                                  0, 3);
          }
    report(program.name.c_str(), checks, problem);
  }
}

void check_reductions() {
  int checks = 0;
  std::string problem;
  for (const auto& sample : reduction_programs())
    for (int32_t models = 1; models <= 6; ++models)
      for (const int64_t count : {1, 15, 4096, 4097, 13001}) {
        ++checks;
        if (problem.empty()) problem = check_reduce(sample.words, {.models = models, .count = count}, 7);
      }
  report("reductions", checks, problem);
}

void check_device(fm_device* device, int64_t longest) {
  int checks = 0;
  std::string problem;
  const auto check = [&](const std::vector<uint32_t>& words, const Shape& shape, const std::string& name) {
    ++checks;
    if (!problem.empty()) return;
    problem = check_device_map(device, words, shape, FM_FLAG_COUNT_NONFINITE, 5);
    if (!problem.empty()) problem = name + " " + problem;
  };
  const auto done = [&](const char* group) {
    report(group, checks, problem);
    checks = 0;
    problem.clear();
  };
  for (int32_t from = 0; from < FM_DTYPE_COUNT; ++from)
    for (int32_t to = 0; to < FM_DTYPE_COUNT; ++to)
      check(copy_program(), {.count = longest, .input = from, .output = to, .wild = true}, "copy");
  done("  conversions");
  for (const auto& sample : operation_programs())
    for (const int32_t models : {1, 3})
      check(sample.words, {.models = models, .count = longest, .first = 77, .output = FM_F32, .wild = true},
            sample.name);
  done("  operations");
  for (const CatalogueProgram& program : catalogue())
    for (const int32_t models : {1, 3})
      for (const bool wild : {false, true})
        check(program.words, {.models = models, .count = longest, .first = 63, .wild = wild}, program.name);
  done("  catalogue");
}

// Every OpenCL device that can be used; the others with the reason.
void check_devices(int64_t longest) {
  int32_t count = 0;
  fm_error error{};
  if (fm_device_count(FM_DEVICE_OPENCL, &count, &error) != FM_OK) std::printf("devices: %s\n", error.text);
  for (int32_t i = 0; i < count; ++i) {
    fm_device_info info{};
    info.struct_size = sizeof info;
    fm_device* device = nullptr;
    if (fm_device_describe(FM_DEVICE_OPENCL, i, &info, &error) != FM_OK) {
      report("device", 1, error.text);
      continue;
    }
    std::printf("opencl %d: %s, driver %s%s%s\n", i, info.name, info.driver,
                *info.refusal ? "; not used: " : "", info.refusal);
    if (*info.refusal) continue;
    if (fm_device_open(FM_DEVICE_OPENCL, i, &device, &error) != FM_OK) {
      report("device", 1, error.text);
      continue;
    }
    check_device(device, longest);
    fm_device_close(device);
  }
}

}  // namespace

// Arguments: the longest chunk of generated kernels (700); "devices" to compare devices too.
int main(int argc, char** argv) {
  char name[64];
  fm_error error{};
  if (fm_target_list(name, sizeof name, nullptr, &error) != FM_OK) return std::puts(error.text), 1;
  std::printf("targets: %s\n", name);
  check_conversions();
  check_operations();
  check_reductions();
  const int64_t longest = argc > 1 ? std::atoi(argv[1]) : 700;
  check_catalogue(longest);
  if (argc > 2 && std::strcmp(argv[2], "devices") == 0) check_devices(longest);
  return failures != 0;
}
