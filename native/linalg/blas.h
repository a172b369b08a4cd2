// blas.h - OpenBLAS, opened at run time: its routines by their LAPACK names, in the Fortran convention
// (matrices by columns). An argument may be the pointer that Fortran takes, or the value: blas().sgemm('N',
// 'T', m, n, k, 1.0f, ...).
#ifndef FASTMERGE_LINALG_BLAS_H
#define FASTMERGE_LINALG_BLAS_H
#include <cstddef>
#include <type_traits>

#include "fastmerge.h"

namespace fm::linalg {

namespace fortran {
using Text = const char*;
using Int = const int*;
using IntOut = int*;
template <class T>
using In = const T*;
template <class T>
using Out = T*;
}  // namespace fortran

// name and parameters of each routine that there is for float (s) and double (d).
#define FM_BLAS_ROUTINES(X)                                                                            \
  X(gemm, Text, Text, Int, Int, Int, In<T>, In<T>, Int, In<T>, Int, In<T>, Out<T>, Int)                \
  X(symm, Text, Text, Int, Int, In<T>, In<T>, Int, In<T>, Int, In<T>, Out<T>, Int)                     \
  X(syrk, Text, Text, Int, Int, In<T>, In<T>, Int, In<T>, Out<T>, Int)                                 \
  X(syr2k, Text, Text, Int, Int, In<T>, In<T>, Int, In<T>, Int, In<T>, Out<T>, Int)                    \
  X(trsm, Text, Text, Text, Text, Int, Int, In<T>, In<T>, Int, Out<T>, Int)                            \
  X(trmm, Text, Text, Text, Text, Int, Int, In<T>, In<T>, Int, Out<T>, Int)                            \
  X(gemv, Text, Int, Int, In<T>, In<T>, Int, In<T>, Int, In<T>, Out<T>, Int)                           \
  X(symv, Text, Int, In<T>, In<T>, Int, In<T>, Int, In<T>, Out<T>, Int)                                \
  X(trsv, Text, Text, Text, Int, In<T>, Int, Out<T>, Int)                                              \
  X(potrf, Text, Int, Out<T>, Int, IntOut)                                                             \
  X(potri, Text, Int, Out<T>, Int, IntOut)                                                             \
  X(potrs, Text, Int, Int, In<T>, Int, Out<T>, Int, IntOut)                                            \
  X(trtri, Text, Text, Int, Out<T>, Int, IntOut)                                                       \
  X(geqrf, Int, Int, Out<T>, Int, Out<T>, Out<T>, Int, IntOut)                                         \
  X(orgqr, Int, Int, Int, Out<T>, Int, In<T>, Out<T>, Int, IntOut)                                     \
  X(gelqf, Int, Int, Out<T>, Int, Out<T>, Out<T>, Int, IntOut)                                         \
  X(orglq, Int, Int, Int, Out<T>, Int, In<T>, Out<T>, Int, IntOut)                                     \
  X(ormqr, Text, Text, Int, Int, Int, In<T>, Int, In<T>, Out<T>, Int, Out<T>, Int, IntOut)             \
  X(sytrd, Text, Int, Out<T>, Int, Out<T>, Out<T>, Out<T>, Out<T>, Int, IntOut)                        \
  X(ormtr, Text, Text, Text, Int, Int, In<T>, Int, In<T>, Out<T>, Int, Out<T>, Int, IntOut)            \
  X(sterf, Int, Out<T>, Out<T>, IntOut)                                                                \
  X(stemr, Text, Text, Int, Out<T>, Out<T>, In<T>, In<T>, Int, Int, IntOut, Out<T>, Out<T>, Int, Int,  \
    IntOut, IntOut, Out<T>, Int, IntOut, Int, IntOut)                                                  \
  X(stedc, Text, Int, Out<T>, Out<T>, Out<T>, Int, Out<T>, Int, IntOut, Int, IntOut)                   \
  X(syevd, Text, Text, Int, Out<T>, Int, Out<T>, Out<T>, Int, IntOut, Int, IntOut)                     \
  X(gesdd, Text, Int, Int, Out<T>, Int, Out<T>, Out<T>, Int, Out<T>, Int, Out<T>, Int, IntOut, IntOut) \
  X(larft, Text, Text, Int, Int, Out<T>, Int, In<T>, Out<T>, Int)                                      \
  X(larfb, Text, Text, Text, Text, Int, Int, Int, In<T>, Int, In<T>, Int, Out<T>, Int, Out<T>, Int)    \
  X(larfg, Int, Out<T>, Out<T>, Int, Out<T>)                                                           \
  X(laset, Text, Int, Int, In<T>, In<T>, Out<T>, Int)                                                  \
  X(lacpy, Text, Int, Int, In<T>, Int, Out<T>, Int)

// One routine. Fortran compilers may expect the lengths of the texts after the last argument; four ones are
// passed.
template <class... P>
class Routine {
 public:
  template <class... A>
  void operator()(const A&... arguments) const {
    static_assert(sizeof...(A) == sizeof...(P), "wrong number of arguments");
    address_(pass<P>(arguments)..., 1, 1, 1, 1);
  }
  void set(void* address) { address_ = reinterpret_cast<Entry>(address); }

 private:
  using Entry = void (*)(P..., size_t, size_t, size_t, size_t);

  template <class To, class From>
  static To pass(const From& argument) {
    if constexpr (std::is_convertible_v<From, To>) {
      return argument;
    } else {
      static_assert(std::is_same_v<const From*, To>, "an argument is of another type than the routine's");
      return &argument;
    }
  }

  Entry address_ = nullptr;
};

namespace fortran {
#define FM_TYPE(name, ...) \
  template <class T>       \
  using name = Routine<__VA_ARGS__>;
FM_BLAS_ROUTINES(FM_TYPE)
#undef FM_TYPE
}  // namespace fortran

// sgemm and dgemm, and gemm<T>() for either.
struct Blas {
#define FM_MEMBER(name, ...)                    \
  fortran::name<float> s##name;                 \
  fortran::name<double> d##name;                \
  template <class T>                            \
  const fortran::name<T>& name() const {        \
    if constexpr (std::is_same_v<T, float>) {   \
      return s##name;                           \
    } else {                                    \
      static_assert(std::is_same_v<T, double>); \
      return d##name;                           \
    }                                           \
  }
  FM_BLAS_ROUTINES(FM_MEMBER)
#undef FM_MEMBER

  void (*set_num_threads)(int) = nullptr;
  fm_blas_info info{};
};

// The library, opened when it is first asked for. Throws FM_UNSUPPORTED, with what was tried, if there is
// none.
const Blas& blas();

}  // namespace fm::linalg
#endif
