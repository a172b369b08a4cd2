/* fastmerge_devices.h - the chapter of fastmerge.h, which includes it, on devices: the same programs, the
 * same bits, on a GPU. Their libraries are opened when they are asked for. */
#ifndef FASTMERGE_DEVICES_H
#define FASTMERGE_DEVICES_H
#ifndef FASTMERGE_H
#error "include fastmerge.h"
#endif

enum { FM_DEVICE_OPENCL = 1, FM_DEVICE_CUDA = 2 };

typedef struct fm_device_info {
  int32_t struct_size; /* sizeof(fm_device_info), set by the caller */
  int32_t is_gpu;      /* 0: a processor that runs kernels too, such as PoCL */
  int32_t has_double;
  int32_t units;          /* compute units */
  int64_t memory;         /* bytes */
  int64_t largest_buffer; /* bytes of one allocation at most */
  char name[128];
  char driver[128];
  char refusal[192]; /* why its bits would not be ours; "" if it can be used */
} fm_device_info;

/* How many devices there are; FM_UNSUPPORTED, with the reason, if their library cannot be opened. */
FM_API fm_status fm_device_count(int32_t kind, int32_t* count, fm_error* error);

/* What a device is. */
FM_API fm_status fm_device_describe(int32_t kind, int32_t index, fm_device_info* info, fm_error* error);

typedef struct fm_device fm_device;

/* Opens a device; FM_UNSUPPORTED where its description has a refusal. */
FM_API fm_status fm_device_open(int32_t kind, int32_t index, fm_device** device, fm_error* error);
FM_API void fm_device_close(fm_device* device);

/* As fm_map_run, computed by a kernel that is made for the program, the number of models and the dtypes when
 * the first chunk comes. Calls may run side by side; each has memory of its own on the device, as large as
 * its largest chunk. FM_FLAG_INTERPRET is not looked at. FM_UNSUPPORTED: binary64 buffers on a device
 * without. FM_OUT_OF_MEMORY: on the device. FM_DEVICE_LOST: it does not answer any more. */
FM_API fm_status fm_device_map_run(fm_device* device, const fm_program* program, fm_run* run,
                                   fm_error* error);

#endif
