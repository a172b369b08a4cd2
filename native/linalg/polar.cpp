// polar.cpp - the polar factor: which side, which directions, which way.
#include "polar.h"

#include <algorithm>
#include <cmath>

#include "blas.h"
#include "elements.h"
#include "halley.h"
#include "low_rank.h"
#include "work.h"

namespace fm::linalg {
namespace {

constexpr double kTolerance = 0x1p-21;
constexpr double kLeastTolerance = 0x1p-24;  // below it a Gram matrix in binary64 tells nothing
constexpr double kLong = 1.25;               // l / p from which the triangular factor is the cheaper one

bool is_long(int64_t p, int64_t l) { return static_cast<double>(l) >= kLong * static_cast<double>(p); }

// The indices of what is set, nothing if everything is.
std::vector<int> indices(const std::vector<uint8_t>& seen) {
  std::vector<int> kept;
  for (size_t i = 0; i < seen.size(); ++i)
    if (seen[i]) kept.push_back(static_cast<int>(i));
  return kept;
}

// a along its shorter side, rows and columns of zeros not counted; no numbers are kept of a matrix of zeros.
bool choose_vectors(const fm_matrix& a, Vectors& vectors) {
  std::vector<uint8_t> rows(static_cast<size_t>(a.rows)), columns(static_cast<size_t>(a.columns));
  for (int64_t i = 0; i < a.rows; ++i) {
    const float* values = row<float>(a, i);
    note_nonzero(values, columns.data(), a.columns);
    rows[static_cast<size_t>(i)] = std::any_of(values, values + a.columns, [](float x) { return x != 0; });
  }
  const std::vector<int> in_rows = indices(rows), in_columns = indices(columns);
  const bool are_rows = in_columns.size() <= in_rows.size();
  vectors = {&a, are_rows, are_rows ? in_columns : in_rows};
  const bool any = !vectors.kept.empty();
  if (static_cast<int>(vectors.kept.size()) == vectors.full_length()) vectors.kept.clear();
  return any;
}

void fill_zero(const fm_matrix& q) {
  for (int64_t i = 0; i < q.rows; ++i) std::fill_n(row<float>(q, i), q.columns, 0.0f);
}

PolarResult partial_polar(Arena& arena, const Vectors& a, const fm_matrix& q, const fm_polar& options,
                          double& largest) {
  const int p = a.length(), l = a.count();
  PolarBuffers buffers(arena, p);
  PolarProblem problem{arena, a, {&q, a.are_rows, a.kept}, p, l, options.exact != 0, kTolerance, buffers, 0};
  if (options.tolerance > 0) problem.tolerance = std::max(options.tolerance, kLeastTolerance);
  const auto sum_gram = [&] {
    add_gram(1, a, 0, buffers.g, p, buffers.block);
    lower_to_upper(buffers.g, p, p);
  };
  sum_gram();
  for (int64_t j = 0; j < p; ++j) buffers.diagonal[j] = buffers.g[j * p + j];
  largest = problem.largest = largest_singular(buffers.g, p, buffers.ends);
  PolarResult result{};
  if (!has_low_rank(buffers.g, p, largest * largest, buffers.block, buffers.other)) {
    if (is_long(p, l) ? reduced_polar(problem, result) : direct_polar(problem, result)) return result;
    if (!problem.has_gram) sum_gram();
  }
  spectral_polar(problem, result);
  return result;
}

}  // namespace

bool PolarProblem::find_smallest() {
  const int count = smallest_singular({buffers.g, p, buffers.inverses}, buffers.diagonal, largest,
                                      tolerance * largest, left_out, buffers.ends);
  if (left_out < count) smallest = buffers.ends.values[left_out];
  return left_out < count;
}

PolarBuffers::PolarBuffers(Arena& arena, int64_t p)
    : g(arena.take<double>(p * p)),
      diagonal(arena.take<double>(p)),
      block(arena.take<double>(kHalleyBlock * p)),
      other(arena.take<double>(kHalleyBlock * p)),
      inverses(arena.take<double>(kCholeskyBlock * p)),
      ends(arena, p) {}

int64_t polar_work(int64_t m, int64_t n, int64_t mode) {
  if (mode == 2) return complete_polar_bytes(m, n);
  const int64_t p = std::min(m, n), l = static_cast<int64_t>(kLong * static_cast<double>(p)) + 1;
  return bytes_of<PolarBuffers>(p) + std::max({direct_polar_bytes(p, l, mode == 1),
                                               reduced_polar_bytes(p, mode == 1), spectral_polar_bytes(p)});
}

}  // namespace fm::linalg

fm_status fm_matrix_polar(fm_arena* arena, const fm_matrix* a, fm_polar* options, fm_matrix* q,
                          fm_error* error) {
  using namespace fm::linalg;
  return guarded_call("fm_matrix_polar", error, [&] {
    check_matrix("fm_matrix_polar: a", a, FM_F32);
    check_matrix("fm_matrix_polar: q", q, FM_F32, a->rows, a->columns);
    if (!arena || !options || options->struct_size != static_cast<int32_t>(sizeof *options))
      refuse(FM_INVALID_ARGUMENT, "fm_matrix_polar: no arena, or options of another size");
    if (options->policy != FM_POLAR_PARTIAL && options->policy != FM_POLAR_COMPLETE)
      refuse(FM_INVALID_ARGUMENT, "fm_matrix_polar: policy is %d, 0 and 1 are accepted", options->policy);
    if (!(options->tolerance >= 0 && options->tolerance < 1))
      refuse(FM_INVALID_ARGUMENT, "fm_matrix_polar: tolerance is %g, 0 up to 1 is accepted",
             options->tolerance);
    check_finite("fm_matrix_polar: a", *a);
    Session session(*arena);
    Scope scope(*arena);
    PolarResult result{};
    options->largest = 0;
    Vectors vectors{};
    const bool any = choose_vectors(*a, vectors);
    if (options->policy == FM_POLAR_COMPLETE) {
      result = complete_polar(*arena, *a, *q, options->largest);
    } else if (any) {
      result = partial_polar(*arena, vectors, *q, *options, options->largest);
    } else {
      fill_zero(*q);
    }
    options->rank = result.rank;
    options->nuclear_norm = result.nuclear_norm;
  });
}
