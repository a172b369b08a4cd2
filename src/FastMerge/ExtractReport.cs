using FastMerge.Core;

namespace FastMerge;

/// <summary>
/// How a LoRA adapter is extracted. Of rank, energy and size one is given; without any the rank is 32.
/// </summary>
public sealed record ExtractOptions
{
    /// <summary>The rank of every update, where the difference has as many directions.</summary>
    public int? Rank { get; init; }

    /// <summary>The part of each difference's squared norm that its update has at least, above 0 and at most
    /// 1.</summary>
    public double? Energy { get; init; }

    /// <summary>Bytes of all tensors of the adapter at most; ranks are chosen so that most energy is
    /// captured.</summary>
    public long? SizeBytes { get; init; }

    /// <summary>The largest rank that <see cref="Energy"/> and <see cref="SizeBytes"/> may come to.</summary>
    public int MaxRank { get; init; } = 256;

    /// <summary>Regular expressions of module names, of which one must match; empty is all.</summary>
    public IReadOnlyList<string> Include { get; init; } = [];

    /// <summary>Regular expressions of module names, of which none may match.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>Embeddings and heads get updates too.</summary>
    public bool Embeddings { get; init; }

    /// <summary>Tensors that differ and get no update are saved whole: embeddings, heads, norms, biases.</summary>
    public bool Full { get; init; }

    /// <summary>The dtype of factors: F32, F16 or BF16.</summary>
    public DType DType { get; init; } = DType.F32;

    /// <summary>Power steps of the randomised subspace iteration.</summary>
    public int Steps { get; init; } = 3;

    /// <summary>Key of its random start.</summary>
    public ulong Seed { get; init; }

    /// <summary>Computing threads; null is one for each processor.</summary>
    public int? Threads { get; init; }

    /// <summary>Bytes that may be allocated; null is half of the free memory.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>Bytes of one unit of work: a power of two from 64 KiB; null follows the memory.</summary>
    public long? ChunkBytes { get; init; }

    /// <summary>How inputs are read.</summary>
    public InputMode Input { get; init; }

    /// <summary>Replace an adapter in the output folder.</summary>
    public bool Overwrite { get; init; }
}

/// <summary>An adapter that was extracted.</summary>
public sealed record ExtractReport
{
    /// <summary>The folder.</summary>
    public required string Output { get; init; }

    /// <summary>The updates, in natural order of their modules.</summary>
    public required IReadOnlyList<ExtractedModule> Modules { get; init; }

    /// <summary>Tensors that are saved whole.</summary>
    public required IReadOnlyList<string> Saved { get; init; }

    /// <summary>Tensors that differ and are not in the adapter.</summary>
    public required IReadOnlyList<string> Left { get; init; }

    /// <summary>Bytes of the weights' file.</summary>
    public required long Bytes { get; init; }

    /// <summary>The part of the squared norm of all differences that their updates have; 1 without a
    /// difference.</summary>
    public double Captured => Modules.Sum(m => m.Energy) is > 0 and var all
        ? Modules.Sum(m => m.Captured * m.Energy) / all : 1;

    /// <summary>How long it took.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>What the user should know.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }
}

/// <summary>The update of one module.</summary>
/// <param name="Module">Its name.</param>
/// <param name="Rows">Outputs.</param>
/// <param name="Columns">Inputs.</param>
/// <param name="Rank">The rank; 0 where the difference is zero, and then the adapter does not have it.</param>
/// <param name="Energy">The squared norm of the difference.</param>
/// <param name="Captured">The part of it that the update has, from 0 to 1.</param>
public sealed record ExtractedModule(
    string Module, long Rows, long Columns, int Rank, double Energy, double Captured)
{
    /// <summary>The number of fused experts, each rows x columns, that have an update of this rank each; 1 for a weight
    /// of one matrix.</summary>
    public long Experts { get; init; } = 1;
}
