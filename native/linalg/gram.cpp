// gram.cpp - Gram matrices.
#include "elements.h"
#include "vectors.h"
#include "work.h"

namespace fm::linalg {
namespace {

struct GramBuffers {
  double* block;
  GramBuffers(Arena& arena, int64_t length) : block(arena.take<double>(kGramBlock * length)) {}
};

}  // namespace

int64_t gram_work(int64_t m, int64_t n, int64_t of_rows) { return bytes_of<GramBuffers>(of_rows ? m : n); }

}  // namespace fm::linalg

fm_status fm_matrix_gram(fm_arena* arena, double alpha, const fm_matrix* a, int32_t of_rows, double beta,
                         fm_matrix* g, fm_error* error) {
  using namespace fm::linalg;
  return guarded_call("fm_matrix_gram", error, [&] {
    if (!arena) refuse(FM_INVALID_ARGUMENT, "fm_matrix_gram: no arena");
    check_matrix("fm_matrix_gram: a", a);
    const int64_t n = of_rows ? a->rows : a->columns;
    check_matrix("fm_matrix_gram: g", g, FM_F64, n, n);
    Session session(*arena);
    Scope scope(*arena);
    GramBuffers buffers(*arena, n);
    // The lower triangle by columns is the upper one by rows.
    auto* sums = static_cast<double*>(g->data);
    add_gram(alpha, {a, of_rows == 0, {}}, beta, sums, static_cast<int>(g->stride), buffers.block);
    lower_to_upper(sums, static_cast<int>(n), g->stride);
  });
}
