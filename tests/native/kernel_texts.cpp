// kernel_texts - prints the kernels of every Map program of the catalogue, and of every operation, as CUDA
// C++ in one file: what a compiler for CUDA devices has to take. What NVRTC has built in comes first.
#include <cstdio>
#include <string>

#include "checks.h"
#include "devices/kernel_text.h"
#include "sample_programs.h"

namespace {

constexpr const char* kBuiltIns = R"(
#define __CUDACC__
#define __global__ __attribute__((global))
#define __device__ __attribute__((device))
#define __forceinline__ inline __attribute__((always_inline))
struct fm_dim { unsigned x; };
#define blockIdx (fm_dim{(unsigned)__nvvm_read_ptx_sreg_ctaid_x()})
#define blockDim (fm_dim{(unsigned)__nvvm_read_ptx_sreg_ntid_x()})
#define threadIdx (fm_dim{(unsigned)__nvvm_read_ptx_sreg_tid_x()})
#define __uint_as_float(u) __builtin_bit_cast(float, (unsigned)(u))
#define __float_as_uint(f) __builtin_bit_cast(unsigned, (float)(f))
#define __longlong_as_double(u) __builtin_bit_cast(double, (long long)(u))
#define __double_as_longlong(f) __builtin_bit_cast(long long, (double)(f))
#define __fsqrt_rn(x) __nvvm_sqrt_rn_f(x)
#define __umulhi(a, b) ((unsigned)__nvvm_mulhi_ui(a, b))
#define atomicAdd(p, n) __nvvm_atom_add_gen_i((int*)(p), (int)(n))
)";

int kernels = 0;

void print(const std::vector<uint32_t>& words, int32_t models, int32_t dtype) {
  if (words[11] == 0) return;
  std::string problem;
  const fm_test::Program program = fm_test::create(words, &problem);
  fm::devices::KernelShape shape;
  shape.models = models;
  shape.inputs.assign(words[4] + (words[5] ? static_cast<size_t>(models) : 0), dtype);
  shape.outputs.assign(words[11], dtype);
  const int number = kernels++;
  std::printf("#define %s %s_%d\n%s#undef %s\n", fm::devices::kKernelName, fm::devices::kKernelName, number,
              fm::devices::kernel_text(*program, shape).c_str(), fm::devices::kKernelName);
}

}  // namespace

int main() {
  std::printf("%s%s", kBuiltIns, fm::devices::kernel_prelude());
  for (int32_t dtype = 0; dtype < FM_DTYPE_COUNT; ++dtype) print(fm_test::copy_program(), 1, dtype);
  for (const auto& sample : fm_test::operation_programs()) print(sample.words, 3, FM_F32);
  for (const auto& program : fm_test::catalogue())
    for (const int32_t models : {1, 3}) print(program.words, models, FM_BF16);
  std::fprintf(stderr, "%d kernels\n", kernels);
}
