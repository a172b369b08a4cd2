using FastMerge.Primitives;
using static FastMerge.Primitives.CommonParameters;
using static FastMerge.Primitives.Ops;

namespace FastMerge.Methods;

/// <summary>DARE with sign election: drops entries at random, then adds those that agree in sign.</summary>
/// <remarks>
/// Source: Yu et al. 2023, arXiv:2311.03099, with the election of arXiv:2306.01708.
/// Computes: d_k as in dare_linear; e = sign of sum_k w_k d_k; y = b + lambda sum of the w_k d_k whose sign
/// is e. Shapes: any. No magnitude trim takes place.
/// The kept entries are rescaled to the L1 norm of the task vector, as mergekit does; <c>rescale_by: density</c>
/// multiplies them by the paper's 1/density. The random numbers are FastMerge's own: they depend on seed, tensor
/// name, model and element index alone.
/// Election: task vectors are weighted first, so a negative weight flips its vote; a sum of zero elects
/// plus; zeros never agree. A NaN in any task vector gives NaN.
/// </remarks>
sealed class DareTies : MergeMethod
{
    static readonly PerModel Density = new("density", 1, Bounds.UnitInterval, "probability of keeping an entry");
    static readonly Flag Normalize = new("normalize", false, "divide by the weights that agree");

    public override MethodSignature Signature { get; } = new(
        "dare_ties", "drops entries at random, then elects signs as TIES does", "Yu et al. 2023, arXiv:2311.03099",
        BaseUse.Required, 1, Unlimited, Weight, Density, Lambda, Normalize, RescaleDrop, RescaleBy, Int8Mask);

    public override Tensor Merge(MergeInputs x)
    {
        var kept = KeepAtRandom(x.TaskVectors, x[Density]);
        var scale = DropScale(x.TaskVectors, kept, x[Density], x.Is(RescaleDrop) ? x[RescaleBy] : null);
        var weighted = kept * (x[Weight] * scale);
        var merged = ElectedSum(weighted, x[Weight], x.Is(Normalize));
        return x.Base + x[Lambda] * merged;
    }
}
