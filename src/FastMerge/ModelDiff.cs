using FastMerge.Core;

namespace FastMerge;

/// <summary>How two models are compared; nothing here but the choice of tensors changes a result.</summary>
public sealed record DiffOptions
{
    /// <summary>Computing threads; null is one for each processor.</summary>
    public int? Threads { get; init; }

    /// <summary>Bytes that may be allocated; null is half of the free memory.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>Bytes of one unit of work: a power of two from 64 KiB; null follows the memory.</summary>
    public long? ChunkBytes { get; init; }

    /// <summary>How inputs are read.</summary>
    public InputMode Input { get; init; }

    /// <summary>A part of the names to compare, or with <c>*</c> and <c>?</c> a pattern of whole names; null is
    /// all.</summary>
    public string? Tensors { get; init; }
}

/// <summary>How a tensor of one model stands to that of another.</summary>
public enum TensorComparison
{
    /// <summary>Same dtype, shape and values.</summary>
    Equal,

    /// <summary>Same shape and values, other floating-point dtype.</summary>
    OtherDType,

    /// <summary>Other values.</summary>
    Changed,

    /// <summary>Other shapes, or numbers that cannot be compared: the values are not looked at.</summary>
    Unlike,

    /// <summary>Only the first model has it.</summary>
    OnlyInFirst,

    /// <summary>Only the second model has it.</summary>
    OnlyInSecond,
}

/// <summary>
/// What a comparison of values found. Values are taken as binary32; sums are binary64 over the elements that are
/// finite in both models.
/// </summary>
public sealed record DiffNumbers
{
    /// <summary>Elements that were compared.</summary>
    public required long Elements { get; init; }

    /// <summary>Elements of other values; NaN equals NaN.</summary>
    public required long Changed { get; init; }

    /// <summary>Elements that are NaN or Inf in one of the models or both; the norms leave them out.</summary>
    public required long NonFinite { get; init; }

    /// <summary>The Euclidean norm of the first model's values.</summary>
    public required double FirstNorm { get; init; }

    /// <summary>The Euclidean norm of the second model's values.</summary>
    public required double SecondNorm { get; init; }

    /// <summary>The Euclidean norm of second minus first.</summary>
    public required double DifferenceNorm { get; init; }

    /// <summary>The cosine of the angle between both; null if one is zero.</summary>
    public required double? Cosine { get; init; }

    /// <summary>The largest magnitude of second minus first.</summary>
    public required double LargestDifference { get; init; }

    /// <summary>The norm of the difference by the first norm; null if only the first is zero.</summary>
    public double? RelativeDifference => FirstNorm > 0 ? DifferenceNorm / FirstNorm : DifferenceNorm > 0 ? null : 0;

    /// <summary>The share of elements of other values.</summary>
    public double ChangedShare => Elements == 0 ? 0 : Changed / (double)Elements;
}

/// <summary>One tensor of one or both models.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Comparison">The verdict.</param>
/// <param name="First">What it is in the first model.</param>
/// <param name="Second">What it is in the second model.</param>
/// <param name="Numbers">What was found of floating-point values; null if they were not compared.</param>
public sealed record TensorDiff(
    string Name, TensorComparison Comparison, TensorSpec? First, TensorSpec? Second, DiffNumbers? Numbers);

/// <summary>How two models differ.</summary>
public sealed record ModelDiff
{
    /// <summary>The first model as it was asked for.</summary>
    public required string First { get; init; }

    /// <summary>The second model as it was asked for.</summary>
    public required string Second { get; init; }

    /// <summary>Every tensor of either model, in natural order of names.</summary>
    public required IReadOnlyList<TensorDiff> Tensors { get; init; }

    /// <summary>The numbers over all tensors whose values were compared, as if they were one.</summary>
    public required DiffNumbers Total { get; init; }

    /// <summary>What is odd but readable.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>Whether every tensor is the same in both models.</summary>
    public bool IsEqual => Tensors.All(t => t.Comparison == TensorComparison.Equal);

    /// <summary>The tensors that differ most: those that cannot be compared, then by relative difference.</summary>
    public IEnumerable<TensorDiff> ByDifference() => Tensors
        .OrderBy(t => t.Numbers is null && t.Comparison != TensorComparison.Equal ? 0 : 1)
        .ThenByDescending(t => t.Numbers is null ? 0 : t.Numbers.RelativeDifference ?? double.PositiveInfinity)
        .ThenByDescending(t => t.Numbers?.ChangedShare);
}
