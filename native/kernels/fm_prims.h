/* fm_prims.h - the element-wise primitives, in the common subset of C++, OpenCL C and CUDA C++: no
 * templates, no overloads, no includes on a device. Integer bit work and single IEEE operations only, so
 * every compiler gives the same bits. Generated kernels and the interpreter are both made of these. */
#ifndef FM_PRIMS_H
#define FM_PRIMS_H

/* What differs between the compilers. On a device strips and prefetching play no part, and a buffer of a
 * chunk begins at its own address. */
#if defined(__OPENCL_VERSION__)
#pragma OPENCL FP_CONTRACT OFF
typedef uchar fm_u8;
typedef ushort fm_u16;
typedef uint fm_u32;
typedef ulong fm_u64;
typedef int fm_i32;
typedef long fm_i64;
#define FM_FN static inline
#define FM_GLOBAL __global
#define FM_BITS_F32(u) as_float((fm_u32)(u))
#define FM_BITS_U32(f) as_uint((float)(f))
#define FM_BITS_F64(u) as_double((fm_u64)(u))
#define FM_BITS_U64(f) as_ulong((double)(f))
#define FM_SQRT(x) sqrt(x)
#define FM_CHOOSE(mask, b, c) select(c, b, (int)(mask))
#define FM_UNALIGNED
#elif defined(__CUDACC__)
typedef unsigned char fm_u8;
typedef unsigned short fm_u16;
typedef unsigned int fm_u32;
typedef unsigned long long fm_u64;
typedef int fm_i32;
typedef long long fm_i64;
#define FM_FN static __device__ __forceinline__
#define FM_GLOBAL
#define FM_BITS_F32(u) __uint_as_float((fm_u32)(u))
#define FM_BITS_U32(f) __float_as_uint((float)(f))
#define FM_BITS_F64(u) __longlong_as_double((fm_i64)(u))
#define FM_BITS_U64(f) ((fm_u64)__double_as_longlong((double)(f)))
#define FM_SQRT(x) __fsqrt_rn(x)
#define FM_UNALIGNED
#else
#include <stdint.h>
typedef uint8_t fm_u8;
typedef uint16_t fm_u16;
typedef uint32_t fm_u32;
typedef uint64_t fm_u64;
typedef int32_t fm_i32;
typedef int64_t fm_i64;
#define FM_FN static inline __attribute__((always_inline))
#define FM_RESTRICT __restrict__
#define FM_BITS_F32(u) __builtin_bit_cast(float, (fm_u32)(u))
#define FM_BITS_U32(f) __builtin_bit_cast(fm_u32, (float)(f))
#define FM_BITS_F64(u) __builtin_bit_cast(double, (fm_u64)(u))
#define FM_BITS_U64(f) __builtin_bit_cast(fm_u64, (double)(f))
#define FM_SQRT(x) __builtin_sqrtf(x)
#define FM_UNALIGNED __attribute__((aligned(1), may_alias))
#define FM_FOR_FROM(i, start, n) _Pragma("GCC ivdep") for (fm_i64 i = (start); i < (n); ++i)
/* Kernels work strip by strip and ask for the lines of a later strip of each buffer. */
#define FM_STRIP 128
#define FM_PREFETCH(p)                                                              \
  _Pragma("GCC unroll 16") for (fm_u64 b = 0; b < FM_STRIP * sizeof(*(p)); b += 64) \
      __builtin_prefetch((const char*)(p) + 1024 + b)
#define FM_FOR(i, n) _Pragma("GCC ivdep") for (fm_i64 i = 0; i < (n); ++i)
#endif
#if !defined(FM_CHOOSE)
#define FM_CHOOSE(mask, b, c) ((mask) ? (b) : (c))
#endif
#if !defined(__OPENCL_VERSION__) || defined(cl_khr_fp64)
#define FM_HAS_F64
#endif

/* ---- storage: what a buffer of each dtype is an array of; tensors may start at any byte ---- */

typedef float fm_t_f32 FM_UNALIGNED;
typedef fm_u16 fm_t_f16 FM_UNALIGNED;
typedef fm_u16 fm_t_bf16 FM_UNALIGNED;
#if defined(FM_HAS_F64)
typedef double fm_t_f64 FM_UNALIGNED;
#endif
typedef fm_u8 fm_t_e4m3 FM_UNALIGNED;
typedef fm_u8 fm_t_e5m2 FM_UNALIGNED;

/* ---- decode: exact, but f64, which rounds to nearest even ---- */

FM_FN float fm_dec_f32(float x) { return x; }
FM_FN float fm_dec_bf16(fm_u16 h) { return FM_BITS_F32((fm_u32)h << 16); }
#if defined(FM_HAS_F64)
FM_FN float fm_dec_f64(double x) { return (float)x; }
#endif

FM_FN float fm_dec_f16(fm_u32 h) { /* bits 16 and up of h are ignored */
  fm_u32 magnitude = h & 0x7fffu;
  fm_u32 normal = (magnitude << 13) + 0x38000000u; /* exponent bias 15 -> 127 */
  fm_u32 special = normal + 0x38000000u;
  fm_u32 subnormal = FM_BITS_U32(FM_BITS_F32(normal + 0x00800000u) - FM_BITS_F32(0x38800000u));
  fm_u32 r = magnitude < 0x0400u ? subnormal : (magnitude >= 0x7c00u ? special : normal);
  return FM_BITS_F32(r | ((h & 0x8000u) << 16));
}

FM_FN float fm_dec_e5m2(fm_u8 h) { return fm_dec_f16((fm_u32)h << 8); }

FM_FN float fm_dec_e4m3(fm_u8 h) {
  fm_u32 magnitude = (fm_u32)h & 0x7fu;
  fm_u32 normal = (magnitude << 20) + 0x3c000000u; /* exponent bias 7 -> 127 */
  fm_u32 subnormal = FM_BITS_U32(FM_BITS_F32(normal + 0x00800000u) - FM_BITS_F32(0x3c800000u));
  fm_u32 r = magnitude < 0x08u ? subnormal : (magnitude == 0x7fu ? 0x7fc00000u : normal);
  return FM_BITS_F32(r | (((fm_u32)h & 0x80u) << 24));
}

/* ---- encode: round to nearest even, one canonical NaN (positive, quiet) ---- */

FM_FN float fm_enc_f32(float f) {
  fm_u32 u = FM_BITS_U32(f);
  return FM_BITS_F32((u & 0x7fffffffu) > 0x7f800000u ? 0x7fc00000u : u);
}

#if defined(FM_HAS_F64)
FM_FN double fm_enc_f64(float f) {
  fm_u64 u = FM_BITS_U64((double)f);
  return FM_BITS_F64((u & 0x7fffffffffffffffull) > 0x7ff0000000000000ull ? 0x7ff8000000000000ull : u);
}
#endif

/* The rounded number in the high half; the low half holds anything. */
FM_FN fm_u32 fm_round_bf16(float f) {
  fm_u32 u = FM_BITS_U32(f);
  fm_u32 r = u + 0x7fffu + ((u >> 16) & 1u);
  return f != f ? 0x7fc00000u : r;
}

FM_FN fm_u16 fm_enc_bf16(float f) { return (fm_u16)(fm_round_bf16(f) >> 16); }

FM_FN fm_u16 fm_enc_f16(float f) {
  fm_u32 u = FM_BITS_U32(f), sign = (u >> 16) & 0x8000u, a = u & 0x7fffffffu;
  fm_u32 normal = (a - 0x38000000u + 0x0fffu + ((a >> 13) & 1u)) >> 13;
  fm_u32 subnormal = FM_BITS_U32(FM_BITS_F32(a) + 0.5f) - 0x3f000000u; /* the adder rounds to 2^-24 */
  fm_u32 r = a < 0x38800000u ? subnormal : normal;
  r = a >= 0x477ff000u ? 0x7c00u : r;
  return (fm_u16)(a > 0x7f800000u ? 0x7e00u : (r | sign));
}

FM_FN fm_u8 fm_enc_e5m2(float f) { /* overflow gives Inf */
  fm_u32 u = FM_BITS_U32(f), sign = (u >> 24) & 0x80u, a = u & 0x7fffffffu;
  fm_u32 normal = (a - 0x38000000u + 0x0fffffu + ((a >> 21) & 1u)) >> 21;
  fm_u32 subnormal = FM_BITS_U32(FM_BITS_F32(a) + 128.0f) - 0x43000000u; /* rounds to 2^-16 */
  fm_u32 r = a < 0x38800000u ? subnormal : normal;
  r = a >= 0x47700000u ? 0x7cu : r;
  return (fm_u8)(a > 0x7f800000u ? 0x7eu : (r | sign));
}

FM_FN fm_u8 fm_enc_e4m3(float f) { /* has no Inf: overflow gives NaN */
  fm_u32 u = FM_BITS_U32(f), sign = (u >> 24) & 0x80u, a = u & 0x7fffffffu;
  fm_u32 normal = (a - 0x3c000000u + 0x07ffffu + ((a >> 20) & 1u)) >> 20;
  fm_u32 subnormal = FM_BITS_U32(FM_BITS_F32(a) + 16384.0f) - 0x46800000u; /* rounds to 2^-9 */
  fm_u32 r = a < 0x3c800000u ? subnormal : normal;
  return (fm_u8)(r > 0x7eu ? 0x7fu : (r | sign));
}

/* ---- pairs: two neighbouring 16-bit elements in one word, which spares widening and narrowing ---- */

typedef fm_u32 fm_t_pair FM_UNALIGNED;
FM_FN float fm_low_bf16(fm_u32 pair) { return FM_BITS_F32(pair << 16); }
FM_FN float fm_high_bf16(fm_u32 pair) { return FM_BITS_F32(pair & 0xffff0000u); }
FM_FN fm_u32 fm_pair_bf16(float low, float high) {
  return (fm_round_bf16(low) >> 16) | (fm_round_bf16(high) & 0xffff0000u);
}
FM_FN float fm_low_f16(fm_u32 pair) { return fm_dec_f16(pair); }
FM_FN float fm_high_f16(fm_u32 pair) { return fm_dec_f16(pair >> 16); }
FM_FN fm_u32 fm_pair_f16(float low, float high) {
  return (fm_u32)fm_enc_f16(low) | ((fm_u32)fm_enc_f16(high) << 16);
}

/* ---- verbs ---- */

FM_FN float fm_abs(float a) { return FM_BITS_F32(FM_BITS_U32(a) & 0x7fffffffu); }
FM_FN float fm_neg(float a) { return FM_BITS_F32(FM_BITS_U32(a) ^ 0x80000000u); }
FM_FN float fm_sqrt(float a) { return FM_SQRT(a); }
FM_FN float fm_min(float a, float b) { return b < a ? b : a; }
FM_FN float fm_max(float a, float b) { return a < b ? b : a; }
FM_FN float fm_choose(int mask, float b, float c) { return FM_CHOOSE(mask, b, c); }
/* On lanes of 32 bits: `&` of two truth values keeps g++ from vectorising. */
FM_FN int fm_and(int a, int b) { return (fm_i32)(-(fm_u32)a & -(fm_u32)b); }
FM_FN int fm_or(int a, int b) { return (fm_i32)(-(fm_u32)a | -(fm_u32)b); }
FM_FN float fm_sign(float a) { return a >= 0.0f ? 1.0f : -1.0f; }

/* b is +1 or -1: only its sign counts. */
FM_FN int fm_agrees(float a, float b) {
  return FM_BITS_F32(FM_BITS_U32(a) ^ (FM_BITS_U32(b) & 0x80000000u)) > 0.0f;
}

FM_FN float fm_keep_largest(float a, fm_u32 cut) { return (FM_BITS_U32(a) & 0x7fffffffu) >= cut ? a : 0.0f; }

FM_FN float fm_keep_band(float a, fm_u32 lower, fm_u32 upper) {
  fm_u32 magnitude = FM_BITS_U32(a) & 0x7fffffffu;
  return ((magnitude >= lower) & (magnitude < upper)) ? a : 0.0f;
}

FM_FN float fm_keep_random(float a, fm_u32 mask) { return FM_BITS_F32(FM_BITS_U32(a) & mask); }

/* Of the 2^32 words the round(p * 2^32) largest keep; the count fits 32 bits for p below 1. */
FM_FN float fm_keep_at_random(float a, float p, fm_u32 word) {
  float q = p * 4294967296.0f;
  float count = q < 8388608.0f ? (q + 8388608.0f) - 8388608.0f : q; /* half to even */
  count = count >= 1.0f ? count : 1.0f;
  fm_i32 high = (fm_i32)(fm_min(count, 4294967040.0f) * 0.0000152587890625f);
  fm_u32 kept =
      ((fm_u32)high << 16) + (fm_u32)(fm_i32)(fm_min(count, 4294967040.0f) - (float)high * 65536.0f);
  int keeps = (p > 0.0f) & ((p >= 1.0f) | (~word < kept));
  return keeps ? a : 0.0f;
}

/* Folds over the models. */
FM_FN float fm_larger_magnitude(float a, float b) {
  return (fm_i32)(FM_BITS_U32(b) & 0x7fffffffu) >= (fm_i32)(FM_BITS_U32(a) & 0x7fffffffu) ? b : a;
}
FM_FN float fm_larger_or_nan(float a, float b) { return a != a ? a : (a >= b ? a : b); }

/* ---- exp, log, tanh: of single operations in one order, so that the bits are the same everywhere; no
 * library functions. Largest errors over all binary32 numbers: exp and log 0.9, tanh 1.4 units in the last
 * place. ---- */

/* 2^k x = e^a for |x| near 1, in two factors, so that neither overflows before the product does. */
FM_FN float fm_exp(float a) {
  float x = fm_max(fm_min(a, 89.0f), -104.0f);                              /* NaN stays */
  fm_u32 rounded = FM_BITS_U32(x * FM_BITS_F32(0x3fb8aa3bu) + 12582912.0f); /* k below 1.5 * 2^23 */
  float k = FM_BITS_F32(rounded) - 12582912.0f;
  float r = (x - k * 0.693359375f) - k * FM_BITS_F32(0xb95e8083u); /* ln 2 in two parts */
  float p = 0.00836878084f + r * 0.00138144649f;
  p = 0.166665196f + r * (0.0416683927f + r * p);
  p = 1.0f + (r + (r * r) * (FM_BITS_F32(0x3efffffeu) + r * p));
  fm_i32 n = (fm_i32)(rounded - 0x4b400000u), h = n >> 1;
  p = p * FM_BITS_F32((fm_u32)(h + 127) << 23);
  return p * FM_BITS_F32((fm_u32)(n - h + 127) << 23);
}

/* a = 2^k m with m from sqrt(1/2) to sqrt(2); log m = 2 artanh s, s = (m - 1) / (m + 1). */
FM_FN float fm_log(float a) {
  int tiny = a < FM_BITS_F32(0x00800000u);
  float x = tiny ? a * 8388608.0f : a;
  fm_u32 above = FM_BITS_U32(x) - 0x3f3504f3u; /* of the bits of sqrt(1/2) */
  float f = FM_BITS_F32((above & 0x007fffffu) + 0x3f3504f3u) - 1.0f;
  float k = (float)((fm_i32)above >> 23) - (tiny ? 23.0f : 0.0f);
  float s = f / (2.0f + f), z = s * s, h = 0.5f * (f * f);
  float p = 0.285372406f + z * 0.235835344f;
  p = z * (0.666666627f + z * (0.400003374f + z * p));
  float r = k * 0.693359375f + (f - (h - (s * (h + p) + k * FM_BITS_F32(0xb95e8083u))));
  r = a > 0.0f ? r : (a == 0.0f ? -FM_BITS_F32(0x7f800000u) : FM_BITS_F32(0x7fc00000u));
  return a < FM_BITS_F32(0x7f800000u) ? r : a; /* Inf and NaN stay */
}

/* tanh of |a| < 0.55: a polynomial in a^2, whose relative error is small near 0 too. */
#define FM_TANH_NEAR 0.55f
FM_FN float fm_tanh_near(float a) {
  float x = fm_abs(a), z = x * x;
  float p = 0.0209202636f + z * -0.00605685543f;
  p = -0.333333075f + z * (0.133322567f + z * (-0.0538164265f + z * p));
  return FM_BITS_F32(FM_BITS_U32(x + (x * z) * p) | (FM_BITS_U32(a) & 0x80000000u));
}

/* Beyond 1 - 2 / (e^2a + 1). */
FM_FN float fm_tanh(float a) {
  float x = fm_abs(a);
  float far = 1.0f - 2.0f / (fm_exp(x + x) + 1.0f);
  far = FM_BITS_F32(FM_BITS_U32(far) | (FM_BITS_U32(a) & 0x80000000u));
  return x < FM_TANH_NEAR ? fm_tanh_near(a) : far;
}

#endif
