using System.Runtime.InteropServices;

namespace FastMerge.Interop;

/// <summary>fm_buffer: one input or output of a run.</summary>
[StructLayout(LayoutKind.Sequential)]
unsafe struct NativeBuffer
{
    public void* Data;
    public int DType;
    public int Reserved;
    public long NonFinite;
}

/// <summary>fm_cut: within iff bits &gt; threshold, or equal and the index is below.</summary>
[StructLayout(LayoutKind.Sequential)]
struct NativeCut
{
    public uint Threshold;
    public uint Reserved;
    public long Index;
}

/// <summary>fm_random: one Philox mask.</summary>
[StructLayout(LayoutKind.Sequential)]
struct NativeRandom
{
    public ulong Seed;
    public ulong Stream;
    public ulong Drop;
    public uint Model;
    public uint Reserved;
}

/// <summary>fm_array: numbers of each element, repeated with a period, or of a chunk.</summary>
[StructLayout(LayoutKind.Sequential)]
unsafe struct NativeArray
{
    public float* Data;
    public long Period;
}

/// <summary>fm_run: one run of a program over a chunk.</summary>
[StructLayout(LayoutKind.Sequential)]
unsafe struct NativeRun
{
    public int StructSize;
    public uint Flags;
    public int Models;
    public int Reserved;
    public long FirstElement;
    public long ElementCount;
    public NativeBuffer* SingleInputs;
    public NativeBuffer* ModelInputs;
    public NativeBuffer* Outputs;
    public float* Uniforms;
    public long RowLength;
    public long RowStride;
    public NativeCut* Cuts;
    public NativeRandom* Randoms;
    public NativeArray* Arrays;
}

/// <summary>fm_select_request: how many elements of a histogram entry to keep.</summary>
[StructLayout(LayoutKind.Sequential)]
struct NativeSelectRequest
{
    public int Entry;
    public int Exact;
    public long Keep;
}

/// <summary>fm_low_rank: factors of an update and the chunk of the tensor.</summary>
[StructLayout(LayoutKind.Sequential)]
unsafe struct NativeLowRank
{
    public int StructSize;
    public uint Flags;
    public long Matrices;
    public long Rows;
    public long Columns;
    public long Rank;
    public long RightStride;
    public float* Left;
    public float* Right;
    public float* Magnitudes;
    public float Scale;
    public int Reserved;
    public long FirstElement;
    public long ElementCount;
}

/// <summary>fm_placement: where the elements of a stored factor belong.</summary>
[StructLayout(LayoutKind.Sequential)]
struct NativePlacement
{
    public long CountB;
    public long CountC;
    public long StrideA;
    public long StrideB;
    public long StrideC;
}

/// <summary>fm_error: filled by a call that fails.</summary>
[StructLayout(LayoutKind.Sequential)]
unsafe struct NativeError
{
    public const int TextBytes = 252;

    public int Status;
    public fixed byte Text[TextBytes];

    /// <summary>The message.</summary>
    public string Message
    {
        get
        {
            fixed (byte* text = Text) return Marshal.PtrToStringUTF8((nint)text) ?? "";
        }
    }
}

/// <summary>fm_status values that callers tell apart.</summary>
enum NativeStatus
{
    Ok = 0,
    InvalidArgument = 10,
    Unsupported = 11,
    OutOfMemory = 20,
    InputShrank = 40,
    InputIo = 41,
    InputChanged = 42,
    DeviceLost = 75,
    Internal = 90,
}
