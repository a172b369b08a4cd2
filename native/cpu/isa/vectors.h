// vectors.h - the two vector types for which compilers need help: binary64 lanes and 32 x 32 bit products.
#ifndef FASTMERGE_CPU_ISA_VECTORS_H
#define FASTMERGE_CPU_ISA_VECTORS_H
#include "fm_prims.h"
#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace fm {
namespace {

// D: binary64 lanes; multiply_add need not round once: products of two binary32 values are exact.
// W: 64-bit lanes with a 32-bit number in each low half; the high halves may hold anything.
#if defined(__AVX512F__)
using D = __m512d;
using W = __m512i;
FM_FN D widen(const float* p) { return _mm512_cvtps_pd(_mm256_loadu_ps(p)); }
FM_FN D load_lanes(const double* p) { return _mm512_loadu_pd(p); }
FM_FN void store_lanes(double* p, D v) { _mm512_storeu_pd(p, v); }
FM_FN D multiply_add(D a, D b, D c) { return _mm512_fmadd_pd(a, b, c); }
FM_FN W set_words(fm_u32 v) { return _mm512_set1_epi64(v); }
FM_FN W count_words(fm_u32 v) {
  return _mm512_add_epi64(_mm512_set1_epi64(v), _mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7));
}
FM_FN W product(W a, W b) { return _mm512_mul_epu32(a, b); }
FM_FN W high_words(W a) { return _mm512_srli_epi64(a, 32); }
FM_FN W xor3(W a, W b, W c) { return _mm512_ternarylogic_epi64(a, b, c, 0x96); }
FM_FN void store_words(fm_u32* p, W v) { _mm256_storeu_si256((__m256i*)p, _mm512_cvtepi64_epi32(v)); }
#elif defined(__AVX2__)
using D = __m256d;
using W = __m256i;
FM_FN D widen(const float* p) { return _mm256_cvtps_pd(_mm_loadu_ps(p)); }
FM_FN D load_lanes(const double* p) { return _mm256_loadu_pd(p); }
FM_FN void store_lanes(double* p, D v) { _mm256_storeu_pd(p, v); }
FM_FN D multiply_add(D a, D b, D c) { return _mm256_fmadd_pd(a, b, c); }
FM_FN W set_words(fm_u32 v) { return _mm256_set1_epi64x(v); }
FM_FN W count_words(fm_u32 v) {
  return _mm256_add_epi64(_mm256_set1_epi64x(v), _mm256_setr_epi64x(0, 1, 2, 3));
}
FM_FN W product(W a, W b) { return _mm256_mul_epu32(a, b); }
FM_FN W high_words(W a) { return _mm256_srli_epi64(a, 32); }
FM_FN W xor3(W a, W b, W c) { return _mm256_xor_si256(_mm256_xor_si256(a, b), c); }
FM_FN void store_words(fm_u32* p, W v) {
  const __m256i low = _mm256_permutevar8x32_epi32(v, _mm256_setr_epi32(0, 2, 4, 6, 0, 2, 4, 6));
  _mm_storeu_si128((__m128i*)p, _mm256_castsi256_si128(low));
}
#elif defined(__SSE4_1__)
using D = __m128d;
using W = __m128i;
FM_FN D widen(const float* p) { return _mm_cvtps_pd(_mm_castsi128_ps(_mm_loadl_epi64((const __m128i*)p))); }
FM_FN D load_lanes(const double* p) { return _mm_loadu_pd(p); }
FM_FN void store_lanes(double* p, D v) { _mm_storeu_pd(p, v); }
FM_FN D multiply_add(D a, D b, D c) { return _mm_add_pd(_mm_mul_pd(a, b), c); }
FM_FN W set_words(fm_u32 v) { return _mm_set1_epi64x(v); }
FM_FN W count_words(fm_u32 v) { return _mm_add_epi64(_mm_set1_epi64x(v), _mm_set_epi64x(1, 0)); }
FM_FN W product(W a, W b) { return _mm_mul_epu32(a, b); }
FM_FN W high_words(W a) { return _mm_srli_epi64(a, 32); }
FM_FN W xor3(W a, W b, W c) { return _mm_xor_si128(_mm_xor_si128(a, b), c); }
FM_FN void store_words(fm_u32* p, W v) {
  _mm_storel_epi64((__m128i*)p, _mm_shuffle_epi32(v, _MM_SHUFFLE(3, 1, 2, 0)));
}
#else
typedef double D __attribute__((vector_size(16)));
typedef fm_u64 W __attribute__((vector_size(16)));
FM_FN D widen(const float* p) { return D{(double)p[0], (double)p[1]}; }
FM_FN D load_lanes(const double* p) { return D{p[0], p[1]}; }
FM_FN void store_lanes(double* p, D v) { p[0] = v[0], p[1] = v[1]; }
FM_FN D multiply_add(D a, D b, D c) { return a * b + c; }
FM_FN W set_words(fm_u32 v) { return W{v, v}; }
FM_FN W count_words(fm_u32 v) { return W{v, (fm_u64)v + 1}; }
FM_FN W product(W a, W b) { return (a & 0xffffffffu) * (b & 0xffffffffu); }
FM_FN W high_words(W a) { return a >> 32; }
FM_FN W xor3(W a, W b, W c) { return a ^ b ^ c; }
FM_FN void store_words(fm_u32* p, W v) { p[0] = (fm_u32)v[0], p[1] = (fm_u32)v[1]; }
#endif

constexpr int kWidth = sizeof(D) / sizeof(double);

FM_FN D magnitude(D v) {
  typedef fm_u64 Bits __attribute__((vector_size(sizeof(D))));
  return (D)((Bits)v & 0x7fffffffffffffffull);
}

}  // namespace
}  // namespace fm
#endif
