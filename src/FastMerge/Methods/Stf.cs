using FastMerge.Primitives;
using FastMerge.Primitives.Matrices;
using static FastMerge.Primitives.CommonParameters;

namespace FastMerge.Methods;

/// <summary>
/// Superposes task-specific features: the combination of all tasks' rank-one features that has each task's strength
/// along each of them. Experimental: its formula is reconstructed.
/// </summary>
/// <remarks>
/// Source: Qiu et al. 2025, Superpose Task-specific Features for Model Merging, arXiv:2502.10698; only its abstract
/// was at hand, so parity with the authors' code is not claimed.
/// Computes: features u_j v_j^T of strength s_j, the leading singular triplets of each task vector t_k = x_k - b, all
/// tasks' one after the other; w solves K w = s with K = (U^T U) o (V^T V), which makes u_j^T T v_j = s_j for
/// T = U diag(w) V^T; y = b + lambda T. Vectors, and matrices that are averaged: b + lambda mean(t_k). Vectors in
/// binary32, the system in binary64.
/// A task gives the fewest triplets whose squares sum to energy of its own, not more than max_rank, than 4096 / N, and
/// than are above 2^-21 s_1: all tasks' together are at most 4096, up to which the system is solved by Cholesky in 128
/// MiB; so one task alone gives itself. Equal features of several tasks make K singular: with K' = K + ridge I,
/// w = K'^-1 K K'^-1 s gives each an equal part of their mean strength, and nothing to what cancels.
/// Memory: twice the factors U and V, one matrix, and its decomposition's.
/// </remarks>
sealed class Stf : MergeMethod
{
    const long MostFeatures = 4096;

    static readonly Global Energy = new(
        "energy", 1, Bounds.UnitInterval, "part of each task vector's squared norm that its features have");
    static readonly Global MaxRank = new(
        "max_rank", MostFeatures, new(1, MostFeatures, Whole: true), "features of a task at most");
    static readonly Global Ridge = new(
        "ridge", 1e-6, Bounds.NotNegative, "added to the diagonal of the system, which is 1");

    public override MethodSignature Signature { get; } = new(
        "stf", "keeps the strength of every task along its own singular features (experimental)",
        "Qiu et al. 2025, arXiv:2502.10698", BaseUse.Required, 1, (int)MostFeatures,
        Lambda, Energy, MaxRank, Ridge, PlainEmbeddings, Convolutions);

    public override bool UsesMatrices => true;

    public override Tensor Merge(MergeInputs x)
    {
        if (!x.IsMatrixBy(PlainEmbeddings, Convolutions)) return x.Base + x[Lambda] * Ops.Mean(x.TaskVectors);
        var most = Math.Min(Math.Min(x.Form.Rows, x.Form.Columns), MostFeatures / x.ModelCount);
        var tasks = x.Tasks(FrameSides.Both);
        Triplets[] features = [.. Enumerable.Range(0, x.ModelCount).Select(k => MatrixOps.Leading(
            tasks[k], most, SpectralRules.EnergyShare, x[Energy], x[MaxRank]))];
        var left = MatrixOps.Beside([.. features.Select(f => f.Left)]);
        var right = MatrixOps.Beside([.. features.Select(f => f.Right)]);
        var strengths = Numbers.Join([.. features.Select(f => f.Values)]);
        var first = MatrixOps.FeatureWeights(left, right, strengths, x[Ridge]);
        var weights = MatrixOps.FeatureWeights(left, right, strengths + -1.0 * x[Ridge] * first, x[Ridge]);
        var merged = MatrixOps.Multiply(MatrixOps.ScaleColumns(left, weights), right, transposeB: true);
        return x.Base + x[Lambda] * tasks.Merged(merged);
    }
}
