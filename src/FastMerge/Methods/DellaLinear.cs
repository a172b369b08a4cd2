using FastMerge.Primitives;
using static FastMerge.Primitives.CommonParameters;
using static FastMerge.Primitives.Ops;

namespace FastMerge.Methods;

/// <summary>DELLA without sign election: drops entries at random, small ones more often, and adds the rest.</summary>
/// <remarks>
/// Source: Deep et al. 2024, DELLA-Merging, arXiv:2406.11617.
/// Computes: d_k as in della; y = b + lambda sum_k w_k s_k d_k. Shapes: any; rows as in della.
/// <c>rescale</c>: s_k restores the L1 norm of the task vector, as in mergekit; with <c>rescale_by: density</c> each
/// entry is divided by its own probability, as in the paper. With <c>normalize</c> the sum is divided by sum_k w_k (by
/// 1 where its magnitude is below 1e-8). mergekit ranks tensors of three axes along the second.
/// </remarks>
sealed class DellaLinear : MergeMethod
{
    static readonly PerModel Density = new("density", 1, Bounds.UnitInterval, "mean probability of keeping an entry");
    static readonly PerModel Epsilon = new("epsilon", 0.15, Bounds.UnitInterval, "half the range of probabilities");
    static readonly Flag Normalize = new("normalize", false, "divide by the sum of the weights");

    public override MethodSignature Signature { get; } = new(
        "della_linear", "drops small entries more often, then adds task vectors",
        "Deep et al. 2024, arXiv:2406.11617", BaseUse.Required, 1, Unlimited,
        Weight, Density, Epsilon, Lambda, Normalize, RescaleDrop, RescaleBy, Int8Mask);

    public override Tensor Merge(MergeInputs x)
    {
        var (kept, scale) = DropByRank(
            x.TaskVectors, x[Density], x[Epsilon], x.Is(RescaleDrop) ? x[RescaleBy] : null);
        var weighted = kept * (x[Weight] * scale);
        return x.Base + SumFactor(x[Lambda], x[Weight], x.Is(Normalize)) * Sum(weighted);
    }

    public override string? Complaint(MethodSwitches switches, Func<Parameter, double[]> values) =>
        RankedProbabilityComplaint(values(Density), values(Epsilon));
}
