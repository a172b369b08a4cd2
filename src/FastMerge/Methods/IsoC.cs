using FastMerge.Primitives;
using FastMerge.Primitives.Matrices;
using static FastMerge.Primitives.CommonParameters;

namespace FastMerge.Methods;

/// <summary>Iso-C: isotropic merging in the common space of all tasks.</summary>
/// <remarks>
/// Source: Marczak et al. 2025, No Task Left Behind: Isotropic Model Merging with Common and Task-Specific
/// Subspaces, arXiv:2502.04959.
/// Computes: y = b + lambda s U V^T, where U S V^T is the sum of the task vectors as a matrix and s the mean of its
/// min(m, n) singular values, zeros included. Each matrix of a stack of experts is merged by itself. Vectors:
/// b + lambda mean(task vectors). The polar factor U V^T comes from a mixed-precision Halley iteration, not from an
/// SVD. Embeddings are matrices like others, as in the paper's code. Directions that the data do not determine are left
/// out; there that code has whatever its SVD returns, which <c>rank_policy: reference</c> restores.
/// </remarks>
sealed class IsoC : MergeMethod
{
    public override MethodSignature Signature { get; } = new(
        "iso_c", "all singular values of the summed task vectors become their mean",
        "Marczak et al. 2025, arXiv:2502.04959", BaseUse.Required, 1, Unlimited,
        Lambda, RankPolicy, Embeddings, Convolutions);

    public override bool UsesMatrices => true;

    public override Tensor Merge(MergeInputs x)
    {
        if (!x.IsMatrix) return x.Base + x[Lambda] * Ops.Mean(x.TaskVectors);
        var completes = x[RankPolicy] == "reference";
        var tasks = x.Tasks(completes ? FrameSides.None : FrameSides.Both);
        var polar = MatrixOps.Polar(tasks.Sum(), completes);
        var mean = polar.NuclearNorm * (1.0 / Math.Min(x.Form.Rows, x.Form.Columns));
        return x.Base + x[Lambda] * tasks.Merged(mean * polar.Factor);
    }
}
