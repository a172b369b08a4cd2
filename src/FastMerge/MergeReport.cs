namespace FastMerge;

/// <summary>What a merge did.</summary>
public sealed record MergeReport
{
    /// <summary>The output folder; null for other sinks.</summary>
    public required string? Output { get; init; }

    /// <summary>Number of output tensors.</summary>
    public required int Tensors { get; init; }

    /// <summary>Bytes of tensor data of the output.</summary>
    public required long OutputBytes { get; init; }

    /// <summary>Bytes that an earlier run had written and this one kept.</summary>
    public required long KeptBytes { get; init; }

    /// <summary>Bytes read, each as often as it was read.</summary>
    public required long InputBytes { get; init; }

    /// <summary>Time from the start to the end.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>Key of the random generator.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Whether the folder already held the finished result, so that nothing was done.</summary>
    public required bool AlreadyComplete { get; init; }

    /// <summary>XXH3-128 over all tensors' hashes, in hex; only of the hash sink.</summary>
    public required string? Hash { get; init; }

    /// <summary>Tensors with NaN or Inf, in an input or in the output.</summary>
    public required IReadOnlyList<NonFiniteCount> NonFinite { get; init; }

    /// <summary>Every warning of the run.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }
}

/// <summary>NaN and Inf elements of one output tensor.</summary>
/// <param name="Tensor">The output tensor's name.</param>
/// <param name="Inputs">In its inputs.</param>
/// <param name="Output">In the result.</param>
public sealed record NonFiniteCount(string Tensor, long Inputs, long Output);
