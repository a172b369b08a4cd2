/* fm_device.h - what kernels of devices need beside fm_prims.h: one element a work-item, with its own side
 * values. OpenCL C 1.2 and CUDA C++. Layouts are those of fastmerge.h. */
#ifndef FM_DEVICE_H
#define FM_DEVICE_H

#if defined(__OPENCL_VERSION__)
#define FM_KERNEL __kernel
#define FM_ELEMENT ((fm_i64)get_global_id(0))
#define FM_COUNT(p) atomic_inc(p)
#define FM_MULHI(a, b) mul_hi(a, b)
#else
#define FM_KERNEL extern "C" __global__
#define FM_ELEMENT ((fm_i64)blockIdx.x * blockDim.x + threadIdx.x)
#define FM_COUNT(p) atomicAdd(p, 1u)
#define FM_MULHI(a, b) __umulhi(a, b)
#endif
#define FM_DEVICE_ZERO_NONFINITE 2u
#define FM_DEVICE_COUNT_NONFINITE 4u

typedef struct {
  fm_u32 threshold, reserved;
  fm_i64 index;
} fm_device_cut;

typedef struct {
  fm_u64 seed, stream, drop;
  fm_u32 model, reserved;
} fm_device_random;

typedef struct {
  fm_i64 place, period; /* bytes from the first side value; elements, or 0 */
} fm_device_array;

/* An input's value with one NaN, or 0 in place of NaN and Inf; counted either way. */
FM_FN float fm_clean(float a, fm_u32 flags, FM_GLOBAL fm_u32* count) {
  if ((FM_BITS_U32(a) & 0x7fffffffu) < 0x7f800000u) return a;
  if (flags & FM_DEVICE_COUNT_NONFINITE) FM_COUNT(count);
  if (flags & FM_DEVICE_ZERO_NONFINITE) return 0.0f;
  return a != a ? FM_BITS_F32(0x7fc00000u) : a;
}

FM_FN void fm_note(float stored, fm_u32 flags, FM_GLOBAL fm_u32* count) {
  if ((FM_BITS_U32(stored) & 0x7fffffffu) >= 0x7f800000u && (flags & FM_DEVICE_COUNT_NONFINITE))
    FM_COUNT(count);
}

/* The smallest magnitude within a cut at an element of the tensor. */
FM_FN fm_u32 fm_cut_at(FM_GLOBAL const fm_device_cut* cut, fm_i64 element) {
  return element < cut->index || cut->threshold == 0xffffffffu ? cut->threshold : cut->threshold + 1u;
}

/* Philox4x32-10: the word of one element. */
FM_FN fm_u32 fm_random_word(FM_GLOBAL const fm_device_random* random, fm_i64 element) {
  fm_u64 counter = ((fm_u64)element >> 6) * 16 + ((fm_u64)element & 15);
  fm_u32 c0 = (fm_u32)counter, c1 = ((fm_u32)(counter >> 32) & 0xffffu) | (random->model << 16);
  fm_u32 c2 = (fm_u32)random->stream, c3 = (fm_u32)(random->stream >> 32);
  fm_u32 k0 = (fm_u32)random->seed, k1 = (fm_u32)(random->seed >> 32);
  fm_u32 which = (fm_u32)((fm_u64)element >> 4) & 3u;
  for (int round = 0; round < 10; ++round) {
    fm_u32 high0 = FM_MULHI(c0, 0xd2511f53u), low0 = c0 * 0xd2511f53u;
    fm_u32 high1 = FM_MULHI(c2, 0xcd9e8d57u), low1 = c2 * 0xcd9e8d57u;
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 += 0x9e3779b9u;
    k1 += 0xbb67ae85u;
  }
  return which < 2u ? (which ? c1 : c0) : (which == 2u ? c2 : c3);
}

FM_FN fm_u32 fm_random_mask(FM_GLOBAL const fm_device_random* random, fm_i64 element) {
  if (random->drop == 0) return 0xffffffffu;
  if (random->drop > 0xffffffffu) return 0u;
  return fm_random_word(random, element) >= (fm_u32)random->drop ? 0xffffffffu : 0u;
}

FM_FN float fm_array_at(FM_GLOBAL const fm_u8* side, FM_GLOBAL const fm_device_array* array, fm_i64 element,
                        fm_i64 in_chunk) {
  FM_GLOBAL const float* data = (FM_GLOBAL const float*)(side + array->place);
  return data[array->period ? element % array->period : in_chunk];
}

#endif
