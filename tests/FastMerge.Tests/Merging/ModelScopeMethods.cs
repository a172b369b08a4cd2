using FastMerge.Primitives;
using static FastMerge.Primitives.Ops;

namespace FastMerge.Tests.Merging;

/// <summary>
/// A trim over the whole model, task vectors weighted by their share of all squared norms, and the L1 norm of the model
/// restored: two phases, of which the second depends on the first.
/// </summary>
sealed class ModelTrim : MergeMethod
{
    static readonly Global Density = new("density", 1, Bounds.UnitInterval, "fraction of the model that is kept");

    public override MethodSignature Signature { get; } =
        new("model_trim", "", "", BaseUse.Required, 1, Unlimited, Density);

    public override Tensor Merge(MergeInputs x)
    {
        var kept = KeepLargest(x.TaskVectors, x[Density], Scope.Model);
        var norms = Dot(x.TaskVectors, x.TaskVectors, Scope.Model);
        var scale = AbsoluteSum(x.TaskVectors, Scope.Model) / AbsoluteSum(kept, Scope.Model);
        return x.Base + Sum(kept * (norms / Scalar.SumOverModels(norms) * scale));
    }
}

/// <summary>
/// A trim over the whole model of task vectors that are first brought to the same norm in each tensor, and which are
/// random in part: a phase that needs values of the tensors, and they a value of the model.
/// </summary>
sealed class NormedModelTrim : MergeMethod
{
    static readonly Global Density = new("density", 1, Bounds.UnitInterval, "fraction of the model that is kept");

    public override MethodSignature Signature { get; } =
        new("normed_model_trim", "", "", BaseUse.Required, 1, Unlimited, Density);

    public override Tensor Merge(MergeInputs x)
    {
        var dropped = KeepAtRandom(x.TaskVectors, 0.8);
        var unit = dropped * (1 / AbsoluteSum(dropped) * Scalar.ElementCount);
        var kept = KeepLargest(unit, x[Density], Scope.Model);
        var share = AbsoluteSum(kept) / AbsoluteSum(kept, Scope.Model);
        return x.Base + Sum(kept * share);
    }
}

/// <summary>A trim of each row by ranks, and task vectors divided by the norms of their columns.</summary>
sealed class RowAndColumnTrim : MergeMethod
{
    static readonly Global Density = new("density", 1, Bounds.UnitInterval, "fraction of a row that is kept");

    public override MethodSignature Signature { get; } =
        new("row_trim", "", "", BaseUse.Required, 1, Unlimited, Density);

    public override Tensor Merge(MergeInputs x)
    {
        var kept = KeepLargest(x.TaskVectors, x[Density], Scope.Row);
        if (x.IsVector) return x.Base + Sum(kept);
        return x.Base + Sum(kept / (1 + AbsoluteSum(x.TaskVectors, Scope.Column)));
    }
}
