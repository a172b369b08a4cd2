using FastMerge.Primitives;
using static FastMerge.Primitives.CommonParameters;
using static FastMerge.Primitives.Ops;

namespace FastMerge.Methods;

/// <summary>DELLA: drops entries at random, small ones more often, then adds those that agree in sign.</summary>
/// <remarks>
/// Source: Deep et al. 2024, DELLA-Merging, arXiv:2406.11617.
/// Computes: d_k = keep each entry of x_k - b with probability density - epsilon + 2 epsilon (r - 1) / (m - 1), r being
/// the rank of its magnitude in its row of m, 1 for the smallest; e = sign of sum_k w_k s_k d_k; y = b + lambda mean of
/// the w_k s_k d_k whose sign is e. Shapes: any; rows are along the last axis, a tensor of one axis is one row, equal
/// magnitudes rank by index, and a row of one entry has probability density.
/// <c>rescale</c>: s_k restores the L1 norm of the task vector, as in mergekit; with <c>rescale_by: density</c> each
/// entry is divided by its own probability, as in the paper. Density 1 keeps all, 0 none.
/// Election and random numbers are those of dare_ties. mergekit ranks tensors of three axes along the second.
/// </remarks>
sealed class Della : MergeMethod
{
    static readonly PerModel Density = new("density", 1, Bounds.UnitInterval, "mean probability of keeping an entry");
    static readonly PerModel Epsilon = new("epsilon", 0.15, Bounds.UnitInterval, "half the range of probabilities");
    static readonly Flag Normalize = new("normalize", true, "divide by the weights that agree");

    public override MethodSignature Signature { get; } = new(
        "della", "drops small entries more often, then elects signs as TIES does",
        "Deep et al. 2024, arXiv:2406.11617", BaseUse.Required, 1, Unlimited,
        Weight, Density, Epsilon, Lambda, Normalize, RescaleDrop, RescaleBy, Int8Mask);

    public override Tensor Merge(MergeInputs x)
    {
        var (kept, scale) = DropByRank(
            x.TaskVectors, x[Density], x[Epsilon], x.Is(RescaleDrop) ? x[RescaleBy] : null);
        var weighted = kept * (x[Weight] * scale);
        var merged = ElectedSum(weighted, x[Weight], x.Is(Normalize));
        return x.Base + x[Lambda] * merged;
    }

    public override string? Complaint(MethodSwitches switches, Func<Parameter, double[]> values) =>
        RankedProbabilityComplaint(values(Density), values(Epsilon));
}
