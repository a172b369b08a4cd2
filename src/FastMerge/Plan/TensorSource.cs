using FastMerge.Checkpoint;
using FastMerge.Core;

namespace FastMerge.Plan;

/// <summary>Where an input of a merged tensor comes from.</summary>
/// <param name="Spec">Name, dtype and shape of what is read.</param>
abstract record TensorSource(TensorSpec Spec)
{
    /// <summary>Every stored tensor that reading this one reads.</summary>
    public abstract IEnumerable<InputTensor> StoredInputs { get; }

    /// <summary>Those of them that are read chunk by chunk, element for element.</summary>
    public virtual IEnumerable<InputTensor> StreamedInputs => StoredInputs;

    /// <summary>The tensor of a stage that is read; null for one that is stored.</summary>
    public virtual PlannedTensor? Stage => null;

    /// <summary>The dtype that the model has it in: that of what is merged from it, where a recipe names
    /// none.</summary>
    public virtual DType ModelDType => Spec.DType;

    /// <summary>The name that the model has it under.</summary>
    public virtual string ModelName => Spec.Name;
}

/// <summary>A tensor of an input checkpoint.</summary>
/// <param name="Tensor">The tensor.</param>
/// <param name="Replaced">The model's tensor, where an adapter's stands for it.</param>
sealed record StoredSource(InputTensor Tensor, TensorSpec? Replaced = null) : TensorSource(Tensor.Spec)
{
    /// <inheritdoc/>
    public override IEnumerable<InputTensor> StoredInputs => [Tensor];

    /// <inheritdoc/>
    public override DType ModelDType => Replaced?.DType ?? Spec.DType;

    /// <inheritdoc/>
    public override string ModelName => Replaced?.Name ?? Spec.Name;
}

/// <summary>
/// What another planned tensor yields: a stage of a recipe of several documents. It is computed chunk by chunk
/// when it is read; nothing of it is on disk.
/// </summary>
sealed record StageSource(PlannedTensor Tensor) : TensorSource(Tensor.Output)
{
    /// <inheritdoc/>
    public override IEnumerable<InputTensor> StoredInputs => Tensor.StoredInputs;

    /// <inheritdoc/>
    public override IEnumerable<InputTensor> StreamedInputs => Tensor.StreamedInputs;

    /// <inheritdoc/>
    public override PlannedTensor? Stage => Tensor;
}

/// <summary>
/// A tensor with an adapter's update, computed in binary32 chunk by chunk when it is read; the result is not rounded.
/// </summary>
/// <param name="Inner">The tensor without it: stored, or a stage's.</param>
/// <param name="Update">The update.</param>
/// <param name="Adapter">The adapter as the recipe names it.</param>
sealed record AdapterSource(TensorSource Inner, LowRankUpdate Update, string Adapter)
    : TensorSource(Inner.Spec with { DType = DType.F32 })
{
    /// <inheritdoc/>
    public override IEnumerable<InputTensor> StoredInputs => [.. Inner.StoredInputs, .. Update.StoredInputs];

    /// <inheritdoc/>
    public override IEnumerable<InputTensor> StreamedInputs => Inner.StreamedInputs;

    /// <inheritdoc/>
    public override PlannedTensor? Stage => Inner.Stage;

    /// <inheritdoc/>
    public override DType ModelDType => Inner.ModelDType;
}
