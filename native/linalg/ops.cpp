// ops.cpp - products, sums, scalings and dots of matrices.
#include <algorithm>

#include "blas.h"
#include "elements.h"
#include "matrix.h"
#include "work.h"

namespace fm::linalg {
namespace {

int side(int64_t n) { return static_cast<int>(n); }

// c by rows is c^T by columns: op(b)^T op(a)^T.
template <class T>
void form_product(double alpha, const fm_matrix& a, bool transpose_a, const fm_matrix& b, bool transpose_b,
                  double beta, fm_matrix& c) {
  const int64_t inner = transpose_a ? a.rows : a.columns;
  blas().gemm<T>()(transpose_b ? "T" : "N", transpose_a ? "T" : "N", side(c.columns), side(c.rows),
                   side(inner), static_cast<T>(alpha), row<T>(b, 0), side(b.stride), row<T>(a, 0),
                   side(a.stride), static_cast<T>(beta), row<T>(c, 0), side(c.stride));
}

// One dtype as the other two: calls body with a null pointer of the element type.
template <class Body>
void with_type(int32_t dtype, const Body& body) {
  if (dtype == FM_F64) {
    body(static_cast<double*>(nullptr));
  } else {
    body(static_cast<float*>(nullptr));
  }
}

template <class A, class B>
void add_scaled(double alpha, const fm_matrix& a, bool transpose, double beta, fm_matrix& b) {
  constexpr int64_t tile = 64;
  double part[tile];
  for (int64_t i0 = 0; i0 < b.rows; i0 += tile)
    for (int64_t j0 = 0; j0 < b.columns; j0 += tile) {
      const int64_t count = std::min(tile, b.columns - j0);
      for (int64_t i = i0; i < std::min(b.rows, i0 + tile); ++i) {
        if (transpose) {
          for (int64_t j = 0; j < count; ++j) part[j] = static_cast<double>(row<A>(a, j0 + j)[i]);
        } else {
          convert(row<A>(a, i) + j0, part, count);
        }
        B* to = row<B>(b, i) + j0;
        if (beta == 0) {
          scale(part, alpha, count);
          convert(part, to, count);
        } else {
          combine(alpha, part, beta, to, count);
        }
      }
    }
}

template <class A, class B>
void form_dots(const fm_matrix& a, const fm_matrix& b, bool by_columns, double* sums) {
  if (by_columns) std::fill_n(sums, a.columns, 0.0);
  for (int64_t i = 0; i < a.rows; ++i) {
    if (by_columns) {
      add_products(row<A>(a, i), row<B>(b, i), sums, a.columns);
    } else {
      sums[i] = dot(row<A>(a, i), row<B>(b, i), a.columns);
    }
  }
}

void check_shape(const char* name, const fm_matrix& a, int64_t rows, int64_t columns) {
  check_matrix(name, &a, a.dtype, rows, columns);
}

}  // namespace
}  // namespace fm::linalg

using namespace fm::linalg;

fm_status fm_matrix_multiply(fm_arena* arena, double alpha, const fm_matrix* a, int32_t transpose_a,
                             const fm_matrix* b, int32_t transpose_b, double beta, fm_matrix* c,
                             fm_error* error) {
  return guarded_call("fm_matrix_multiply", error, [&] {
    if (!arena) refuse(FM_INVALID_ARGUMENT, "fm_matrix_multiply: no arena");
    check_matrix("fm_matrix_multiply: a", a);
    const int64_t rows = transpose_a ? a->columns : a->rows, inner = transpose_a ? a->rows : a->columns;
    check_matrix("fm_matrix_multiply: b", b, a->dtype);
    const int64_t columns = transpose_b ? b->rows : b->columns;
    check_shape("fm_matrix_multiply: b", *b, transpose_b ? columns : inner, transpose_b ? inner : columns);
    check_matrix("fm_matrix_multiply: c", c, a->dtype, rows, columns);
    Session session(*arena);
    with_type(a->dtype,
              [&]<class T>(T*) { form_product<T>(alpha, *a, transpose_a, *b, transpose_b, beta, *c); });
  });
}

fm_status fm_matrix_add(double alpha, const fm_matrix* a, int32_t transpose_a, double beta, fm_matrix* b,
                        fm_error* error) {
  return guarded_call("fm_matrix_add", error, [&] {
    check_matrix("fm_matrix_add: a", a);
    check_matrix("fm_matrix_add: b", b);
    check_shape("fm_matrix_add: b", *b, transpose_a ? a->columns : a->rows,
                transpose_a ? a->rows : a->columns);
    with_type(a->dtype, [&]<class A>(A*) {
      with_type(b->dtype, [&]<class B>(B*) { add_scaled<A, B>(alpha, *a, transpose_a, beta, *b); });
    });
  });
}

fm_status fm_matrix_scale(fm_matrix* a, const double* rows, const double* columns, fm_error* error) {
  return guarded_call("fm_matrix_scale", error, [&] {
    check_matrix("fm_matrix_scale: a", a);
    with_type(a->dtype, [&]<class T>(T*) {
      for (int64_t i = 0; i < a->rows; ++i) {
        const double factor = rows ? rows[i] : 1.0;
        if (columns) {
          scale(row<T>(*a, i), factor, columns, a->columns);
        } else {
          scale(row<T>(*a, i), factor, a->columns);
        }
      }
    });
  });
}

fm_status fm_matrix_dots(const fm_matrix* a, const fm_matrix* b, int32_t by_columns, double* dots,
                         fm_error* error) {
  return guarded_call("fm_matrix_dots", error, [&] {
    check_matrix("fm_matrix_dots: a", a);
    check_matrix("fm_matrix_dots: b", b);
    check_shape("fm_matrix_dots: b", *b, a->rows, a->columns);
    if (!dots) refuse(FM_INVALID_ARGUMENT, "fm_matrix_dots: no dots");
    with_type(a->dtype, [&]<class A>(A*) {
      with_type(b->dtype, [&]<class B>(B*) { form_dots<A, B>(*a, *b, by_columns, dots); });
    });
  });
}

fm_status fm_matrix_count_nonfinite(const fm_matrix* a, int64_t* count, fm_error* error) {
  return guarded_call("fm_matrix_count_nonfinite", error, [&] {
    check_matrix("fm_matrix_count_nonfinite: a", a);
    if (!count) refuse(FM_INVALID_ARGUMENT, "fm_matrix_count_nonfinite: no count");
    *count = count_nonfinite(*a);
  });
}
