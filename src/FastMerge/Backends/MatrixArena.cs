using System.Runtime.InteropServices;
using FastMerge.Interop;

namespace FastMerge.Backends;

/// <summary>A matrix in native memory, stored by rows.</summary>
readonly unsafe record struct MatrixView(nint Data, long Rows, long Columns, long Stride, bool IsDouble)
{
    /// <summary>A matrix without gaps between rows.</summary>
    public MatrixView(nint data, long rows, long columns, bool isDouble = false)
        : this(data, rows, columns, columns, isDouble)
    {
    }

    /// <summary>Whether there are no elements.</summary>
    public bool IsEmpty => Rows == 0 || Columns == 0;

    /// <summary>Bytes of an element.</summary>
    public int ElementBytes => IsDouble ? sizeof(double) : sizeof(float);

    /// <summary>Some of the rows.</summary>
    public MatrixView RowsFrom(long first, long count) =>
        this with { Data = Data + (nint)(first * Stride * ElementBytes), Rows = count };

    /// <summary>Some of the columns.</summary>
    public MatrixView ColumnsFrom(long first, long count) =>
        this with { Data = Data + (nint)(first * ElementBytes), Columns = count };

    /// <summary>As the library takes it.</summary>
    public NativeMatrix ToNative() => new()
    {
        Data = (void*)Data,
        Rows = Rows,
        Columns = Columns,
        Stride = Math.Max(1, Stride),
        DType = (int)KernelDTypes.Of(IsDouble ? Core.DType.F64 : Core.DType.F32),
    };
}

/// <summary>What work memory is asked for; the numbers are those of fm_matrix_work.</summary>
enum MatrixWork
{
    /// <summary>A product; the count is its inner length.</summary>
    Multiply = 1,

    /// <summary>A Gram matrix; the count is 1 for that of the rows.</summary>
    Gram = 2,

    /// <summary>A solution with a positive semidefinite matrix, or weights of so many features.</summary>
    Solve = 3,

    /// <summary>Orthonormal columns and a triangle.</summary>
    Qr = 4,

    /// <summary>A polar factor; the count is 1 for all of it in binary64, 2 for LAPACK's completion.</summary>
    Polar = 5,

    /// <summary>Singular values, and so many vectors.</summary>
    Spectrum = 6,

    /// <summary>So many leading triplets at random.</summary>
    Subspace = 7,
}

/// <summary>What a polar factor's computation found on the way.</summary>
readonly record struct FoundPolar(long Rank, double NuclearNorm, double Largest);

/// <summary>
/// Dense linear algebra in memory that is taken once. One call at a time; arenas of one thread work side by side.
/// Matrices may be empty, as ranks that the data decide may be 0: sums over nothing are 0.
/// </summary>
sealed unsafe class MatrixArena : IDisposable
{
    readonly ArenaHandle _handle;

    /// <summary>Takes memory to work in.</summary>
    public MatrixArena(long capacity, int threads)
    {
        (Capacity, Threads) = (capacity, threads);
        NativeError error;
        NativeFailure.ThrowIfFailed(
            NativeMethods.ArenaCreate(capacity, threads, out var handle, &error), error, "memory for matrices");
        _handle = ArenaHandle.Own(handle);
    }

    /// <summary>Bytes.</summary>
    public long Capacity { get; }

    /// <summary>Threads that a call may use.</summary>
    public int Threads { get; }

    /// <summary>Bytes that a call works in at most, beside what it is given.</summary>
    public static long WorkBytes(MatrixWork work, long rows, long columns, long count = 0) =>
        NativeMethods.MatrixWork((int)work, rows, columns, count);

    /// <summary>Bytes that <see cref="Spectrum"/> works in at most.</summary>
    public static long SpectrumBytes(long rows, long columns, long count) =>
        WorkBytes(MatrixWork.Spectrum, rows, columns, count);

    /// <summary>Bytes that <see cref="Subspace"/> works in at most.</summary>
    public static long SubspaceBytes(long rows, long columns, long count) =>
        WorkBytes(MatrixWork.Subspace, rows, columns, count);

    /// <summary>c = alpha op(a) op(b) + beta c.</summary>
    public void Multiply(
        MatrixView a, bool transposeA, MatrixView b, bool transposeB, MatrixView c, double alpha = 1, double beta = 0)
    {
        if (IsSumOverNothing(a, c, beta)) return;
        NativeMatrix x = a.ToNative(), y = b.ToNative(), z = c.ToNative();
        NativeError error;
        Check(NativeMethods.MatrixMultiply(
            _handle, alpha, &x, transposeA ? 1 : 0, &y, transposeB ? 1 : 0, beta, &z, &error), error);
    }

    /// <summary>b = alpha op(a) + beta b.</summary>
    public static void Add(double alpha, MatrixView a, bool transpose, double beta, MatrixView b)
    {
        if (b.IsEmpty) return;
        NativeMatrix x = a.ToNative(), y = b.ToNative();
        NativeError error;
        Check(NativeMethods.MatrixAdd(alpha, &x, transpose ? 1 : 0, beta, &y, &error), error);
    }

    /// <summary>a_ij *= rows[i] columns[j]; either may be empty.</summary>
    public static void Scale(MatrixView a, ReadOnlySpan<double> rows, ReadOnlySpan<double> columns)
    {
        if (a.IsEmpty) return;
        var x = a.ToNative();
        NativeError error;
        fixed (double* byRow = rows)
        fixed (double* byColumn = columns)
            Check(NativeMethods.MatrixScale(&x, byRow, byColumn, &error), error);
    }

    /// <summary>The dot products of equal rows, or columns.</summary>
    public static double[] Dots(MatrixView a, MatrixView b, bool byColumns)
    {
        var dots = new double[byColumns ? a.Columns : a.Rows];
        if (a.IsEmpty) return dots;
        NativeMatrix x = a.ToNative(), y = b.ToNative();
        NativeError error;
        fixed (double* data = dots) Check(NativeMethods.MatrixDots(&x, &y, byColumns ? 1 : 0, data, &error), error);
        return dots;
    }

    /// <summary>How many elements are NaN or Inf.</summary>
    public static long CountNonFinite(MatrixView a)
    {
        var x = a.ToNative();
        NativeError error;
        Check(NativeMethods.MatrixCountNonFinite(&x, out var count, &error), error);
        return count;
    }

    /// <summary>g = alpha a^T a + beta g, or with a a^T; g is binary64.</summary>
    public void Gram(double alpha, MatrixView a, bool ofRows, double beta, MatrixView g)
    {
        if (IsSumOverNothing(a, g, beta)) return;
        NativeMatrix x = a.ToNative(), y = g.ToNative();
        NativeError error;
        Check(NativeMethods.MatrixGram(_handle, alpha, &x, ofRows ? 1 : 0, beta, &y, &error), error);
    }

    /// <summary>x = b (g + ridge mean(diag g) I)^-1; g is overwritten. Returns the ridge that was used.</summary>
    public double Solve(MatrixView g, double ridge, MatrixView b, MatrixView x)
    {
        NativeMatrix system = g.ToNative(), right = b.ToNative(), solution = x.ToNative();
        NativeError error;
        Check(NativeMethods.MatrixSolve(_handle, &system, ridge, &right, &solution, out var used, &error), error);
        return used;
    }

    /// <summary>The weights w of ((u^T u) o (v^T v) + ridge I) w = s.</summary>
    public double[] FeatureWeights(MatrixView u, MatrixView v, double[] s, double ridge)
    {
        var weights = new double[s.Length];
        if (s.Length == 0) return weights;
        NativeMatrix left = u.ToNative(), right = v.ToNative();
        NativeError error;
        fixed (double* strengths = s)
        fixed (double* found = weights)
            Check(NativeMethods.MatrixFeatureWeights(
                _handle, &left, &right, strengths, ridge, found, out _, &error), error);
        return weights;
    }

    /// <summary>a = q r.</summary>
    public void Qr(MatrixView a, MatrixView q, MatrixView r)
    {
        if (a.IsEmpty) return;
        NativeMatrix x = a.ToNative(), y = q.ToNative(), z = r.ToNative();
        NativeError error;
        Check(NativeMethods.MatrixQr(_handle, &x, &y, &z, &error), error);
    }

    /// <summary>The polar factor of a; q may be a.</summary>
    public FoundPolar Polar(MatrixView a, bool isComplete, bool isExact, MatrixView q)
    {
        if (a.IsEmpty) return default;
        NativeMatrix x = a.ToNative(), y = q.ToNative();
        var options = new NativePolar
        {
            StructSize = sizeof(NativePolar),
            Policy = isComplete ? 1 : 0,
            Exact = isExact ? 1 : 0,
        };
        NativeError error;
        Check(NativeMethods.MatrixPolar(_handle, &x, &options, &y, &error), error);
        return new(options.Rank, options.NuclearNorm, options.Largest);
    }

    /// <summary>The singular values, and what belongs to the leading ones. Dispose it before the next.</summary>
    public MatrixSpectrum Spectrum(MatrixView a, bool precise)
    {
        if (a.IsEmpty) return new(null, 0);
        var x = a.ToNative();
        NativeError error;
        Check(NativeMethods.SpectrumCreate(_handle, &x, precise ? 1 : 0, out var handle, &error), error);
        return new(SpectrumHandle.Own(handle), Math.Min(a.Rows, a.Columns));
    }

    /// <summary>The leading triplets by randomised subspace iteration; returns the values and ||a||_F^2.</summary>
    public (double[] Values, double Energy) Subspace(
        MatrixView a, long k, int steps, ulong seed, MatrixView u, MatrixView v)
    {
        var values = new double[k];
        NativeMatrix x = a.ToNative(), left = u.ToNative(), right = v.ToNative();
        NativeError error;
        fixed (double* found = values)
        {
            Check(NativeMethods.MatrixSubspace(
                _handle, &x, k, steps, seed, &left, found, &right, out var energy, &error), error);
            return (values, energy);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    /// <summary>Whether a result is empty, or a sum over nothing, which is then written.</summary>
    static bool IsSumOverNothing(MatrixView summed, MatrixView result, double beta)
    {
        if (result.IsEmpty) return true;
        if (!summed.IsEmpty) return false;
        if (beta != 0) Scale(result, [.. Enumerable.Repeat(beta, (int)result.Rows)], []);
        else
            for (long i = 0; i < result.Rows; i++)
                NativeMemory.Clear((void*)result.RowsFrom(i, 1).Data, (nuint)(result.Columns * result.ElementBytes));
        return true;
    }

    internal static void Check(int status, in NativeError error) =>
        NativeFailure.ThrowIfFailed(status, error, "matrix");
}

/// <summary>The singular values of a matrix, and what belongs to the leading ones.</summary>
sealed unsafe class MatrixSpectrum : IDisposable
{
    readonly SpectrumHandle? _handle;

    /// <summary>Without a handle it is that of an empty matrix.</summary>
    internal MatrixSpectrum(SpectrumHandle? handle, long count)
    {
        _handle = handle;
        Values = new double[count];
        if (handle is null) return;
        NativeError error;
        fixed (double* data = Values)
            MatrixArena.Check(NativeMethods.SpectrumValues(handle, data, count, &error), error);
    }

    /// <summary>All singular values, largest first.</summary>
    public double[] Values { get; }

    /// <summary>The leading left and right vectors, as many as the views have columns; null is not wanted.</summary>
    public void Vectors(MatrixView? u, MatrixView? v)
    {
        var count = (u ?? v)!.Value.Columns;
        if (_handle is null || count == 0) return;
        NativeMatrix left = u?.ToNative() ?? default, right = v?.ToNative() ?? default;
        NativeError error;
        MatrixArena.Check(NativeMethods.SpectrumVectors(
            _handle, count, u is null ? null : &left, v is null ? null : &right, &error), error);
    }

    /// <summary>b = scale * (the leading part of rank k); b may be the matrix itself.</summary>
    public void Project(long k, double scale, MatrixView b)
    {
        if (_handle is null) return;
        var x = b.ToNative();
        NativeError error;
        MatrixArena.Check(NativeMethods.SpectrumProject(_handle, k, scale, &x, &error), error);
    }

    /// <inheritdoc/>
    public void Dispose() => _handle?.Dispose();
}
