using FastMerge.Primitives;
using static FastMerge.Primitives.CommonParameters;
using static FastMerge.Primitives.Ops;

namespace FastMerge.Methods;

/// <summary>DARE, linear form: drops entries of task vectors at random and adds the rest.</summary>
/// <remarks>
/// Source: Yu et al. 2023, arXiv:2311.03099.
/// Computes: d_k = keep each entry of x_k - b with probability density; y = b + lambda sum_k w_k s_k d_k,
/// s_k = sum|x_k - b| / sum|d_k| or 1/density with <c>rescale</c>, else 1. Shapes: any.
/// The kept entries are rescaled to the L1 norm of the task vector, as mergekit does; <c>rescale_by: density</c>
/// multiplies them by the paper's 1/density. The random numbers are FastMerge's own: they depend on seed, tensor
/// name, model and element index alone.
/// With <c>normalize</c> the sum is divided by sum_k w_k (by 1 where its magnitude is below 1e-8).
/// </remarks>
sealed class DareLinear : MergeMethod
{
    static readonly PerModel Density = new("density", 1, Bounds.UnitInterval, "probability of keeping an entry");
    static readonly Flag Normalize = new("normalize", false, "divide by the sum of the weights");

    public override MethodSignature Signature { get; } = new(
        "dare_linear", "drops entries at random, then adds task vectors", "Yu et al. 2023, arXiv:2311.03099",
        BaseUse.Required, 1, Unlimited, Weight, Density, Lambda, Normalize, RescaleDrop, RescaleBy, Int8Mask);

    public override Tensor Merge(MergeInputs x)
    {
        var kept = KeepAtRandom(x.TaskVectors, x[Density]);
        var scale = DropScale(x.TaskVectors, kept, x[Density], x.Is(RescaleDrop) ? x[RescaleBy] : null);
        var weighted = kept * (x[Weight] * scale);
        return x.Base + SumFactor(x[Lambda], x[Weight], x.Is(Normalize)) * Sum(weighted);
    }
}
