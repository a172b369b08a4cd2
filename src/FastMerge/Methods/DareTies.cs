using FastMerge.Primitives;
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
    static readonly PerModel Weight = new("weight", null, Bounds.Any, "weight of the task vector");
    static readonly PerModel Density = new("density", 1, Bounds.UnitInterval, "probability of keeping an entry");
    static readonly Global Lambda = new("lambda", 1, Bounds.Any, "factor of the merged task vector");
    static readonly Flag Normalize = new("normalize", false, "divide by the weights that agree");
    static readonly Flag Rescale = new("rescale", true, "make up for what is dropped");
    static readonly Choice RescaleBy = new("rescale_by", ["l1", "density"], "the L1 norm, or 1/density");
    static readonly Flag Int8Mask = new("int8_mask", false, "accepted; results do not depend on it")
    {
        Ignored = true,
    };

    public override MethodSignature Signature { get; } = new(
        "dare_ties", "drops entries at random, then elects signs as TIES does", "Yu et al. 2023, arXiv:2311.03099",
        BaseUse.Required, 1, Unlimited, Weight, Density, Lambda, Normalize, Rescale, RescaleBy, Int8Mask);

    public override Tensor Merge(MergeInputs x)
    {
        var kept = KeepAtRandom(x.TaskVectors, x[Density]);
        var scale = !x.Is(Rescale) ? 1
            : x[RescaleBy] == "l1" ? NormRestoringScale(x.TaskVectors, kept) : ExpectationRestoringScale(x[Density]);
        var weighted = kept * (x[Weight] * scale);
        var total = Sum(weighted);
        var merged = x.Is(Normalize)
            ? MeanOfSign(weighted, ElectSign(total), total, x[Weight])
            : SumOfSign(weighted, ElectSign(total), total);
        return x.Base + x[Lambda] * merged;
    }
}
