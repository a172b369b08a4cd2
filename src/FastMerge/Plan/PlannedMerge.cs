using FastMerge.Checkpoint;

namespace FastMerge.Plan;

/// <summary>What the user decides about a plan.</summary>
/// <param name="Strict">Vocabulary rows that differ are an error.</param>
sealed record PlanOptions(bool Strict);

/// <summary>A merge that has been planned from headers: every tensor of the output and where it comes from.</summary>
sealed record PlannedMerge
{
    /// <summary>The recipe and its method.</summary>
    public required BoundRecipe Recipe { get; init; }

    /// <summary>Every checkpoint that takes part, each once.</summary>
    public required IReadOnlyList<InputCheckpoint> Checkpoints { get; init; }

    /// <summary>The checkpoint that config and tokenizer come from.</summary>
    public required InputCheckpoint Donor { get; init; }

    /// <summary>The tensors of the output in natural order of their names.</summary>
    public required IReadOnlyList<PlannedTensor> Tensors { get; init; }

    /// <summary>Rows of the vocabulary in the output, where inputs have different numbers; else null.</summary>
    public required long? VocabularyRows { get; init; }

    /// <summary>What the user should know before the merge starts.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }
}
