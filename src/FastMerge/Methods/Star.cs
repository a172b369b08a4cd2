using FastMerge.Primitives;
using FastMerge.Primitives.Matrices;
using static FastMerge.Primitives.CommonParameters;

namespace FastMerge.Methods;

/// <summary>STAR, spectral truncation and rescale: the mean of task vectors without their weak directions.</summary>
/// <remarks>
/// Source: Lee et al. 2025, STAR: Spectral Truncation and Rescale for Model Merging, arXiv:2502.10339.
/// Computes: of each task vector, a matrix U S V^T of m x n, the fewest leading triplets whose singular values sum to
/// at least eta percent of the nuclear norm, times what restores the nuclear norm; y = b + lambda sum_k w_k of these /
/// sum_k w_k. Which triplets is decided in binary64. Vectors: b + lambda times the weighted mean of the task vectors.
/// Paper and code merge products of LoRA factors and give no weights; weights of 1 are their mean. Embeddings and
/// heads, which do not occur there, are averages unless the recipe says <c>embeddings: matrix</c>: their changes are
/// sparse in the rows, not of low rank. A given <c>rank</c> means what the code's known rank does, the nuclear norm
/// being that of the leading part; here the part is exact, there it comes from a random sketch.
/// </remarks>
sealed class Star : MergeMethod
{
    static readonly PerModel Weight = new("weight", 1, Bounds.Any, "weight of the model in the mean");
    static readonly Global Eta = new("eta", 40, new(0, 100), "percent of each nuclear norm that is kept");
    static readonly Global Rank = new(
        "rank", null, new(1, double.PositiveInfinity, Whole: true),
        "the task vectors' rank, if it is known; what is beyond is dropped first", optional: true);

    public override MethodSignature Signature { get; } = new(
        "star", "mean of task vectors without weak directions, nuclear norms restored",
        "Lee et al. 2025, arXiv:2502.10339", BaseUse.Required, 1, Unlimited,
        Weight, Eta, Rank, Lambda, PlainEmbeddings, Convolutions);

    public override bool UsesMatrices => true;

    public override Tensor Merge(MergeInputs x)
    {
        var shares = x[Weight] / Ops.WeightSum(x[Weight]);
        if (!x.IsMatrixBy(PlainEmbeddings, Convolutions))
            return x.Base + x[Lambda] * Ops.Sum(x.TaskVectors * shares);
        Numbers[] operands = x.IsSet(Rank) ? [x[Eta], x[Rank]] : [x[Eta]];
        Numbers factors = shares;
        var tasks = x.Tasks(FrameSides.Both);
        Matrix? sum = null;
        for (var k = 0; k < x.ModelCount; k++)
        {
            var kept = MatrixOps.Truncate(tasks[k], SpectralRules.NuclearShare, operands);
            sum = MatrixOps.Accumulate(sum, factors[k], kept);
        }
        return x.Base + x[Lambda] * tasks.Merged(sum!);
    }
}
