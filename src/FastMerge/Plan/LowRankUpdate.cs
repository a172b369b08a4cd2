using FastMerge.Checkpoint;

namespace FastMerge.Plan;

/// <summary>
/// A stored factor and where its elements belong: element (a, b, c) of its shape (any, CountB, CountC) at
/// a * StrideA + b * StrideB + c * StrideC.
/// </summary>
sealed record FactorPlacement(
    InputTensor Tensor, long CountB, long CountC, long StrideA, long StrideB, long StrideC)
{
    /// <summary>The placement of a stored matrix, or of one of more axes that are one.</summary>
    public static FactorPlacement Of(InputTensor tensor, long columns, long rowStride, long columnStride) =>
        new(tensor, columns, 1, rowStride, columnStride, 0);

    /// <summary>All that decides what it does, but for the tensor.</summary>
    public string Text => FormattableString.Invariant($"{CountB} {CountC} {StrideA} {StrideB} {StrideC}");
}

/// <summary>
/// What an adapter adds to a tensor that is one matrix or, of fused experts, several of equal size: scale * L R, with
/// L of shape (rows, rank) and R of shape (rank, columns). Axes from the second on count as columns.
/// </summary>
sealed record LowRankUpdate
{
    /// <summary>Columns that the kernels work on at once.</summary>
    const int Tile = 64;

    /// <summary>Floats between the rows of R beyond whole tiles, so that rows do not share lines of the
    /// cache.</summary>
    const int Skew = 16;

    /// <summary>Number of matrices.</summary>
    public required long Matrices { get; init; }

    /// <summary>Rows of each.</summary>
    public required long Rows { get; init; }

    /// <summary>Columns of each.</summary>
    public required long Columns { get; init; }

    /// <summary>Columns of L and rows of R.</summary>
    public required long Rank { get; init; }

    /// <summary>L by matrix, row and k; null where every element of it is one.</summary>
    public required FactorPlacement? Left { get; init; }

    /// <summary>R by matrix, k and column, with rows <see cref="RightStride"/> apart.</summary>
    public required FactorPlacement Right { get; init; }

    /// <summary>What the product is multiplied with.</summary>
    public required double Scale { get; init; }

    /// <summary>The norms of the rows of the result (DoRA); null without.</summary>
    public InputTensor? Magnitudes { get; init; }

    /// <summary>Floats from one row of R to the next.</summary>
    public long RightStride => StrideOf(Columns);

    /// <summary>Floats of L.</summary>
    public long LeftFloats => checked(Matrices * Rows * Rank);

    /// <summary>Floats of R.</summary>
    public long RightFloats => checked(Matrices * Rank * RightStride);

    /// <summary>Bytes of both and of the magnitudes in memory.</summary>
    public long FactorBytes =>
        checked(sizeof(float) * (LeftFloats + RightFloats + (Magnitudes is null ? 0 : Matrices * Rows)));

    /// <summary>The elements that a chunk needs whole multiples of; 1 if any chunk will do.</summary>
    public long RowLength => Magnitudes is null ? 1 : Columns;

    /// <summary>The stored tensors.</summary>
    public IEnumerable<InputTensor> StoredInputs =>
        new[] { Left?.Tensor, Right.Tensor, Magnitudes }.OfType<InputTensor>();

    /// <summary>Floats from one row of R to the next, for a number of columns.</summary>
    public static long StrideOf(long columns) => (columns + Tile - 1) / Tile * Tile + Skew;
}
