using FastMerge.Primitives;
using static FastMerge.Primitives.CommonParameters;
using static FastMerge.Primitives.Ops;

namespace FastMerge.Methods;

/// <summary>Consensus TIES: keeps the entries of the TIES task vector that several models need.</summary>
/// <remarks>
/// Source: Wang et al. 2024, TALL-masks and Consensus Merging, arXiv:2405.07813.
/// Computes: m = the merged task vector of ties; model k needs entry i (its TALL mask) where |x_k - b| is above
/// lambda_k |m - (x_k - b)|, x_k untrimmed; y = b + alpha m at entries that at least k models need, else b.
/// Shapes: any. Trim, election and divisor are those of ties, by tensor. A NaN in any task vector gives NaN.
/// </remarks>
sealed class ConsensusTies : MergeMethod
{
    static readonly PerModel Density = new("density", 1, Bounds.UnitInterval, "fraction of entries kept by magnitude");
    static readonly PerModel Lambda = new("lambda", 0.4, Bounds.NotNegative, "threshold of the model's TALL mask");
    static readonly Global K = new("k", 2, new(0, 1e6, Whole: true), "models that must need an entry");
    static readonly Global Alpha = new("alpha", 1, Bounds.Any, "factor of the merged task vector");
    static readonly Flag Normalize = new("normalize", true, "divide by the weights that agree");

    public override MethodSignature Signature { get; } = new(
        "consensus_ties", "TIES at entries that several models need", "Wang et al. 2024, arXiv:2405.07813",
        BaseUse.Required, 1, Unlimited, Weight, Density, Lambda, K, Alpha, Normalize);

    public override Tensor Merge(MergeInputs x)
    {
        var weighted = KeepLargest(x.TaskVectors, x[Density]) * x[Weight];
        var merged = ElectedSum(weighted, x[Weight], x.Is(Normalize));
        var agreed = AtLeast(Count(TallMask(x.TaskVectors, merged, x[Lambda])), x[K]);
        return x.Base + x[Alpha] * OrNaN(Where(agreed, merged), merged);
    }
}
