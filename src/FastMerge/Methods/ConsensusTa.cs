using FastMerge.Primitives;
using static FastMerge.Primitives.CommonParameters;
using static FastMerge.Primitives.Ops;

namespace FastMerge.Methods;

/// <summary>Consensus task arithmetic: keeps the entries of the merged task vector that several models need.</summary>
/// <remarks>
/// Source: Wang et al. 2024, TALL-masks and Consensus Merging, arXiv:2405.07813.
/// Computes: m = sum_k w_k (x_k - b); model k needs entry i (its TALL mask) where |x_k - b| is above
/// lambda_k |m - (x_k - b)|; y = b + alpha m at entries that at least k models need, else b. Shapes: any.
/// The paper tunes alpha (0.3 to 0.4) and lambda on validation data; lambda's default is its middle value. A NaN in any
/// task vector gives NaN.
/// </remarks>
sealed class ConsensusTa : MergeMethod
{
    static readonly PerModel Lambda = new("lambda", 0.4, Bounds.NotNegative, "threshold of the model's TALL mask");
    static readonly Global K = new("k", 2, new(0, 1e6, Whole: true), "models that must need an entry");
    static readonly Global Alpha = new("alpha", 1, Bounds.Any, "factor of the merged task vector");

    public override MethodSignature Signature { get; } = new(
        "consensus_ta", "task arithmetic at entries that several models need",
        "Wang et al. 2024, arXiv:2405.07813", BaseUse.Required, 1, Unlimited, Weight, Lambda, K, Alpha);

    public override Tensor Merge(MergeInputs x)
    {
        var merged = Sum(x.TaskVectors * x[Weight]);
        var agreed = AtLeast(Count(TallMask(x.TaskVectors, merged, x[Lambda])), x[K]);
        return x.Base + x[Alpha] * OrNaN(Where(agreed, merged), merged);
    }
}
