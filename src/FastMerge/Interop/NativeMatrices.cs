using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace FastMerge.Interop;

/// <summary>fm_matrix: a matrix stored by rows.</summary>
[StructLayout(LayoutKind.Sequential)]
unsafe struct NativeMatrix
{
    public void* Data;
    public long Rows;
    public long Columns;
    public long Stride;
    public int DType;
    public int Reserved;
}

/// <summary>fm_polar: how a polar factor is made, and what was found on the way.</summary>
[StructLayout(LayoutKind.Sequential)]
struct NativePolar
{
    public int StructSize;
    public int Policy;
    public int Exact;
    public int Reserved;
    public double Tolerance;
    public long Rank;
    public double NuclearNorm;
    public double Largest;
}

/// <summary>A buffer of bytes for text in a native struct.</summary>
[InlineArray(Length)]
struct NativeText64
{
    public const int Length = 64;

    byte _first;
}

/// <summary>The same for 256 bytes.</summary>
[InlineArray(Length)]
struct NativeText256
{
    public const int Length = 256;

    byte _first;
}

/// <summary>The same for 512 bytes.</summary>
[InlineArray(Length)]
struct NativeText512
{
    public const int Length = 512;

    byte _first;
}

/// <summary>fm_blas_info: the linear-algebra library in use.</summary>
[StructLayout(LayoutKind.Sequential)]
struct NativeBlasInfo
{
    public int StructSize;
    public int IsForced;
    public NativeText512 Library;
    public NativeText64 Version;
    public NativeText64 Core;
    public NativeText256 Ignored;
}

/// <summary>Owns an fm_arena.</summary>
sealed class ArenaHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    /// <summary>Takes ownership of a native arena.</summary>
    public static ArenaHandle Own(nint handle)
    {
        var owner = new ArenaHandle();
        owner.SetHandle(handle);
        return owner;
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        NativeMethods.ArenaDestroy(handle);
        return true;
    }
}

/// <summary>Owns an fm_spectrum.</summary>
sealed class SpectrumHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    /// <summary>Takes ownership of a native spectrum.</summary>
    public static SpectrumHandle Own(nint handle)
    {
        var owner = new SpectrumHandle();
        owner.SetHandle(handle);
        return owner;
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        NativeMethods.SpectrumDestroy(handle);
        return true;
    }
}

/// <summary>The chapter of matrices.</summary>
static unsafe partial class NativeMethods
{
    [LibraryImport(Library, EntryPoint = "fm_blas_describe")]
    public static partial int BlasDescribe(NativeBlasInfo* info, NativeError* error);

    [LibraryImport(Library, EntryPoint = "fm_arena_create")]
    public static partial int ArenaCreate(long capacity, int threads, out nint arena, NativeError* error);

    [LibraryImport(Library, EntryPoint = "fm_arena_destroy")]
    public static partial void ArenaDestroy(nint arena);

    [LibraryImport(Library, EntryPoint = "fm_matrix_work")]
    public static partial long MatrixWork(int work, long m, long n, long count);

    [LibraryImport(Library, EntryPoint = "fm_matrix_multiply")]
    public static partial int MatrixMultiply(
        ArenaHandle arena, double alpha, NativeMatrix* a, int transposeA, NativeMatrix* b, int transposeB, double beta,
        NativeMatrix* c, NativeError* error);

    [LibraryImport(Library, EntryPoint = "fm_matrix_add")]
    public static partial int MatrixAdd(
        double alpha, NativeMatrix* a, int transposeA, double beta, NativeMatrix* b, NativeError* error);

    [LibraryImport(Library, EntryPoint = "fm_matrix_scale")]
    public static partial int MatrixScale(NativeMatrix* a, double* rows, double* columns, NativeError* error);

    [LibraryImport(Library, EntryPoint = "fm_matrix_dots")]
    public static partial int MatrixDots(
        NativeMatrix* a, NativeMatrix* b, int byColumns, double* dots, NativeError* error);

    [LibraryImport(Library, EntryPoint = "fm_matrix_count_nonfinite")]
    public static partial int MatrixCountNonFinite(NativeMatrix* a, out long count, NativeError* error);

    [LibraryImport(Library, EntryPoint = "fm_matrix_gram")]
    public static partial int MatrixGram(
        ArenaHandle arena, double alpha, NativeMatrix* a, int ofRows, double beta, NativeMatrix* g, NativeError* error);

    [LibraryImport(Library, EntryPoint = "fm_matrix_solve")]
    public static partial int MatrixSolve(
        ArenaHandle arena, NativeMatrix* g, double ridge, NativeMatrix* b, NativeMatrix* x, out double used,
        NativeError* error);

    [LibraryImport(Library, EntryPoint = "fm_matrix_feature_weights")]
    public static partial int MatrixFeatureWeights(
        ArenaHandle arena, NativeMatrix* u, NativeMatrix* v, double* s, double ridge, double* w, out double residual,
        NativeError* error);

    [LibraryImport(Library, EntryPoint = "fm_matrix_qr")]
    public static partial int MatrixQr(
        ArenaHandle arena, NativeMatrix* a, NativeMatrix* q, NativeMatrix* r, NativeError* error);

    [LibraryImport(Library, EntryPoint = "fm_matrix_polar")]
    public static partial int MatrixPolar(
        ArenaHandle arena, NativeMatrix* a, NativePolar* options, NativeMatrix* q, NativeError* error);

    [LibraryImport(Library, EntryPoint = "fm_spectrum_create")]
    public static partial int SpectrumCreate(
        ArenaHandle arena, NativeMatrix* a, int precise, out nint spectrum, NativeError* error);

    [LibraryImport(Library, EntryPoint = "fm_spectrum_destroy")]
    public static partial void SpectrumDestroy(nint spectrum);

    [LibraryImport(Library, EntryPoint = "fm_spectrum_values")]
    public static partial int SpectrumValues(
        SpectrumHandle spectrum, double* values, long count, NativeError* error);

    [LibraryImport(Library, EntryPoint = "fm_spectrum_vectors")]
    public static partial int SpectrumVectors(
        SpectrumHandle spectrum, long k, NativeMatrix* u, NativeMatrix* v, NativeError* error);

    [LibraryImport(Library, EntryPoint = "fm_spectrum_project")]
    public static partial int SpectrumProject(
        SpectrumHandle spectrum, long k, double scale, NativeMatrix* b, NativeError* error);

    [LibraryImport(Library, EntryPoint = "fm_matrix_subspace")]
    public static partial int MatrixSubspace(
        ArenaHandle arena, NativeMatrix* a, long k, int steps, ulong seed, NativeMatrix* u, double* s, NativeMatrix* v,
        out double energy, NativeError* error);
}
