using FastMerge.Core;
using FastMerge.Interop;

namespace FastMerge.Backends;

/// <summary>The size of a low-rank update: matrices of rows x columns, and the floats between rows of R.</summary>
readonly record struct LowRankShape(long Matrices, long Rows, long Columns, long Rank, long RightStride);

/// <summary>Where the elements of a stored factor belong; see fm_placement.</summary>
readonly record struct LowRankPlacement(long CountB, long CountC, long StrideA, long StrideB, long StrideC);

/// <summary>The factors of an update in memory: loaded part by part, then used from many threads at once.</summary>
sealed unsafe class LowRankFactors : IDisposable
{
    const uint ZeroNonFinite = 2;

    readonly LowRankShape _shape;
    readonly NativeBlock _memory;
    readonly float _scale;
    readonly bool _hasMagnitudes;
    readonly uint _flags;
    readonly string _what;

    /// <summary>Takes memory for them.</summary>
    /// <param name="shape">The sizes.</param>
    /// <param name="scale">What the product is multiplied with.</param>
    /// <param name="hasMagnitudes">Whether rows are scaled to norms.</param>
    /// <param name="zeroNonFinite">Whether NaN and Inf are read as 0.</param>
    /// <param name="what">The tensor, for messages.</param>
    public LowRankFactors(LowRankShape shape, double scale, bool hasMagnitudes, bool zeroNonFinite, string what)
    {
        (_shape, _scale, _hasMagnitudes, _what) = (shape, (float)scale, hasMagnitudes, what);
        _flags = zeroNonFinite ? ZeroNonFinite : 0;
        var floats = LeftFloats + RightFloats + (hasMagnitudes ? shape.Matrices * shape.Rows : 0);
        _memory = new(floats * sizeof(float));
    }

    long LeftFloats => _shape.Matrices * _shape.Rows * _shape.Rank;

    long RightFloats => _shape.Matrices * _shape.Rank * _shape.RightStride;

    float* Left => (float*)_memory.Data;

    float* Right => Left + LeftFloats;

    float* Magnitudes => Right + RightFloats;

    /// <summary>L of one of the matrices.</summary>
    public MatrixView LeftOf(long matrix) => new(
        (nint)(Left + matrix * _shape.Rows * _shape.Rank), _shape.Rows, _shape.Rank, _shape.Rank, false);

    /// <summary>R of one of the matrices.</summary>
    public MatrixView RightOf(long matrix) => new(
        (nint)(Right + matrix * _shape.Rank * _shape.RightStride), _shape.Rank, _shape.Columns, _shape.RightStride,
        false);

    /// <summary>Sets all of L to 1.</summary>
    public void FillLeft() => new Span<float>(Left, checked((int)LeftFloats)).Fill(1);

    /// <summary>Loads elements of the stored L; returns how many were NaN or Inf.</summary>
    public long LoadLeft(byte* data, DType dtype, long first, long count, LowRankPlacement placement) =>
        Load(data, dtype, first, count, placement, Left, LeftFloats);

    /// <summary>Loads elements of the stored R; returns how many were NaN or Inf.</summary>
    public long LoadRight(byte* data, DType dtype, long first, long count, LowRankPlacement placement) =>
        Load(data, dtype, first, count, placement, Right, RightFloats);

    /// <summary>Loads elements of the norms; returns how many were NaN or Inf.</summary>
    public long LoadMagnitudes(byte* data, DType dtype, long first, long count) =>
        Load(data, dtype, first, count, new(1, 1, 1, 0, 0), Magnitudes, _shape.Matrices * _shape.Rows);

    /// <summary>Computes the updated elements of a chunk; returns how many of the input were NaN or Inf.</summary>
    /// <param name="input">The first of them, perhaps in a mapped file.</param>
    /// <param name="dtype">Their dtype.</param>
    /// <param name="first">Its index in the tensor.</param>
    /// <param name="count">How many.</param>
    /// <param name="output">Where they go, as binary32.</param>
    public long Add(byte* input, DType dtype, long first, long count, float* output)
    {
        var buffer = new NativeBuffer { Data = input, DType = (int)KernelDTypes.Of(dtype) };
        var update = new NativeLowRank
        {
            StructSize = sizeof(NativeLowRank),
            Flags = _flags,
            Matrices = _shape.Matrices,
            Rows = _shape.Rows,
            Columns = _shape.Columns,
            Rank = _shape.Rank,
            RightStride = _shape.RightStride,
            Left = Left,
            Right = Right,
            Magnitudes = _hasMagnitudes ? Magnitudes : null,
            Scale = _scale,
            FirstElement = first,
            ElementCount = count,
        };
        NativeError error;
        NativeFailure.ThrowIfFailed(NativeMethods.LowRankAdd(&update, &buffer, output, &error), error, _what);
        return buffer.NonFinite;
    }

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();

    long Load(
        byte* data, DType dtype, long first, long count, LowRankPlacement placement, float* target, long capacity)
    {
        var buffer = new NativeBuffer { Data = data, DType = (int)KernelDTypes.Of(dtype) };
        var place = new NativePlacement
        {
            CountB = placement.CountB,
            CountC = placement.CountC,
            StrideA = placement.StrideA,
            StrideB = placement.StrideB,
            StrideC = placement.StrideC,
        };
        NativeError error;
        NativeFailure.ThrowIfFailed(
            NativeMethods.LowRankLoad(&buffer, first, count, &place, _flags, target, capacity, &error), error, _what);
        return buffer.NonFinite;
    }
}
