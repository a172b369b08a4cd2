using FastMerge.Checkpoint;

namespace FastMerge.Plan;

/// <summary>What the user decides about a plan.</summary>
/// <param name="Strict">Vocabulary rows that differ are an error.</param>
/// <param name="InFactors">Sums of adapters' updates stay products of factors, for who takes them as such.</param>
sealed record PlanOptions(bool Strict, bool InFactors = false);

/// <summary>A merge that has been planned from headers: every tensor of the output and where it comes from.</summary>
sealed record PlannedMerge
{
    /// <summary>The document and its methods.</summary>
    public required BoundRecipe Recipe { get; init; }

    /// <summary>Every checkpoint that takes part, each once.</summary>
    public required IReadOnlyList<InputCheckpoint> Checkpoints { get; init; }

    /// <summary>The checkpoint that tokenizer and other files come from.</summary>
    public required InputCheckpoint Donor { get; init; }

    /// <summary>The family of the donor's names; null if it is not known.</summary>
    public required string? Family { get; init; }

    /// <summary>The text of the output's configuration; null if the donor has none.</summary>
    public required byte[]? Config { get; init; }

    /// <summary>The tensors of the output in natural order of their names.</summary>
    public required IReadOnlyList<PlannedTensor> Tensors { get; init; }

    /// <summary>Every document that the output needs, in order; this one is the last.</summary>
    public IReadOnlyList<PlannedMerge> Stages { get; init; } = [];

    /// <summary>What the user should know before the merge starts.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }
}
