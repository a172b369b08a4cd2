using FastMerge.Checkpoint;
using FastMerge.Core;

namespace FastMerge.Plan;

/// <summary>Where an input of a merged tensor comes from.</summary>
/// <param name="Spec">Name, dtype and shape of what is read.</param>
abstract record TensorSource(TensorSpec Spec)
{
    /// <summary>Every stored tensor that reading this one reads.</summary>
    public abstract IEnumerable<InputTensor> StoredInputs { get; }
}

/// <summary>A tensor of an input checkpoint.</summary>
sealed record StoredSource(InputTensor Tensor) : TensorSource(Tensor.Spec)
{
    /// <inheritdoc/>
    public override IEnumerable<InputTensor> StoredInputs => [Tensor];
}

/// <summary>
/// What another planned tensor yields: a stage of a recipe of several documents. It is computed chunk by chunk
/// when it is read; nothing of it is on disk.
/// </summary>
sealed record StageSource(PlannedTensor Tensor) : TensorSource(Tensor.Output)
{
    /// <inheritdoc/>
    public override IEnumerable<InputTensor> StoredInputs => Tensor.StoredInputs;
}
