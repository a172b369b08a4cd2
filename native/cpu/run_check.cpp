#include "run_check.h"

#include <climits>

#include "errors.h"
#include "program_check.h"

namespace fm {
namespace {

constexpr uint32_t kKnownFlags = FM_FLAG_INTERPRET | FM_FLAG_ZERO_NONFINITE | FM_FLAG_COUNT_NONFINITE |
                                 FM_FLAG_JOIN_ROWS | FM_FLAG_PART_OF_ROW;

fm_status check_counts(const fm_program& program, const fm_run& run, fm_error* error) {
  const auto refuse = [&](const char* what, int64_t value, const char* accepted) {
    return fail(error, FM_INVALID_ARGUMENT, "run: %s is %lld, accepted is %s", what,
                static_cast<long long>(value), accepted);
  };
  if (run.struct_size != static_cast<int32_t>(sizeof(fm_run)))
    return refuse("struct_size", run.struct_size, "sizeof(fm_run)");
  if (run.flags & ~kKnownFlags) return refuse("flags", run.flags, "a union of FM_FLAG values");
  if (run.models < 0 || run.models > FM_MODELS_LIMIT) return refuse("models", run.models, "0 to 65535");
  if (program.model_inputs && run.models == 0) return refuse("models", 0, "1 or more for this program");
  if (run.element_count < 0 || run.element_count > INT32_MAX)
    return refuse("element_count", run.element_count, "0 to 2^31 - 1");
  if (run.first_element < 0 || run.first_element > (int64_t{1} << 52))
    return refuse("first_element", run.first_element, "0 to 2^52");
  if (run.row_length < 0) return refuse("row_length", run.row_length, "0 or more");
  return FM_OK;
}

fm_status check_buffers(const fm_buffer* buffers, int32_t count, int64_t elements, const char* what,
                        fm_error* error) {
  if (count && !buffers) return fail(error, FM_INVALID_ARGUMENT, "run: %d %s are needed", count, what);
  for (int32_t i = 0; i < count; ++i) {
    if (buffers[i].dtype < 0 || buffers[i].dtype >= FM_DTYPE_COUNT)
      return fail(error, FM_INVALID_ARGUMENT, "run: %s %d has dtype %d, accepted are 0 to %d", what, i,
                  buffers[i].dtype, FM_DTYPE_COUNT - 1);
    if (!buffers[i].data && elements)
      return fail(error, FM_INVALID_ARGUMENT, "run: %s %d has no data", what, i);
  }
  return FM_OK;
}

bool overlap(const fm_buffer& a, const fm_buffer& b, int64_t elements) {
  const auto x = reinterpret_cast<uintptr_t>(a.data), y = reinterpret_cast<uintptr_t>(b.data);
  return x < y + static_cast<uintptr_t>(elements * size_of(b.dtype)) &&
         y < x + static_cast<uintptr_t>(elements * size_of(a.dtype));
}

fm_status check_overlap(const fm_program& program, const fm_run& run, fm_error* error) {
  for (int32_t o = 0; o < program.outputs; ++o) {
    for (int32_t i = 0; i < program.single_inputs; ++i)
      if (overlap(run.outputs[o], run.single_inputs[i], run.element_count))
        return fail(error, FM_INVALID_ARGUMENT, "run: output %d overlaps single input %d", o, i);
    for (int32_t k = 0; program.model_inputs && k < run.models; ++k)
      if (overlap(run.outputs[o], run.model_inputs[k], run.element_count))
        return fail(error, FM_INVALID_ARGUMENT, "run: output %d overlaps model input %d", o, k);
  }
  return FM_OK;
}

fm_status check_side_values(const fm_program& program, const fm_run& run, fm_error* error) {
  if (program.uniform_count(run.models) && !run.uniforms)
    return fail(error, FM_INVALID_ARGUMENT, "run: %d uniforms are needed", program.uniform_count(run.models));
  if (program.cuts && !run.cuts)
    return fail(error, FM_INVALID_ARGUMENT, "run: %d cuts are needed", program.cuts);
  if (program.randoms && !run.randoms)
    return fail(error, FM_INVALID_ARGUMENT, "run: %d random masks are needed", program.randoms);
  const int64_t arrays = program.array_count(run.models);
  if (arrays && !run.arrays)
    return fail(error, FM_INVALID_ARGUMENT, "run: %lld arrays are needed", static_cast<long long>(arrays));
  for (int64_t i = 0; i < arrays; ++i)
    if (run.arrays[i].period < 0 || (!run.arrays[i].data && run.element_count))
      return fail(error, FM_INVALID_ARGUMENT, "run: array %lld has no data or period %lld",
                  static_cast<long long>(i), static_cast<long long>(run.arrays[i].period));
  const int64_t step = run.models > 0 ? run.models : 1;
  for (int32_t r = 0; r < program.randoms; ++r)
    for (int64_t k = 0; k < step; ++k) {
      if (!(program.random_uses[r] & (k ? 2 : 3))) continue;
      const fm_random& random = run.randoms[r * step + k];
      if (random.drop > (uint64_t{1} << 32) || random.model > 0xffff)
        return fail(error, FM_INVALID_ARGUMENT,
                    "run: random mask %lld has drop %llu and model %u, at most 2^32 and 65535 are accepted",
                    static_cast<long long>(r * step + k), static_cast<unsigned long long>(random.drop),
                    random.model);
    }
  return FM_OK;
}

}  // namespace

fm_status check_run(const fm_program* program, const fm_run* run, Pass pass, fm_error* error) {
  if (!program || !run) return fail(error, FM_INVALID_ARGUMENT, "run: a program and a run are needed");
  if (pass == Pass::kMap && !program->outputs)
    return fail(error, FM_INVALID_ARGUMENT, "run: the program has no outputs");
  if ((pass == Pass::kReduce || pass == Pass::kColumns) && program->reductions.empty())
    return fail(error, FM_INVALID_ARGUMENT, "run: the program has no reduction sinks");
  if (pass == Pass::kHistogram && program->histograms.empty())
    return fail(error, FM_INVALID_ARGUMENT, "run: the program has no histogram sinks");
  fm_status status = check_counts(*program, *run, error);
  const int64_t n = run->element_count;
  const int32_t models = program->model_inputs ? run->models : 0;
  if (!status) status = check_buffers(run->single_inputs, program->single_inputs, n, "single input", error);
  if (!status) status = check_buffers(run->model_inputs, models, n, "model input", error);
  if (!status && pass == Pass::kMap)
    status = check_buffers(run->outputs, program->outputs, n, "output", error);
  if (!status && pass == Pass::kMap) status = check_overlap(*program, *run, error);
  return status ? status : check_side_values(*program, *run, error);
}

}  // namespace fm
