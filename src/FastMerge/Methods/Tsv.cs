using FastMerge.Primitives;
using FastMerge.Primitives.Matrices;
using static FastMerge.Primitives.CommonParameters;

namespace FastMerge.Methods;

/// <summary>TSV-M: leading singular triplets of all tasks, their vectors made orthogonal across tasks.</summary>
/// <remarks>
/// Source: Gargiulo et al. 2025, Task Singular Vectors: Reducing Task Interference in Model Merging,
/// arXiv:2412.00081.
/// Computes: of each of N task vectors, m x n with p = min(m, n), the floor(p / N) leading triplets U_k, s_k, V_k;
/// U = polar([U_1 | ... | U_N]), V = polar([V_1 | ... | V_N]); y = b + lambda U diag(w_1 s_1, ..., w_N s_N) V^T.
/// Vectors: b + lambda mean_k(w_k t_k).
/// Directions that the data do not determine are left out of both factors, so the vectors of equal tasks share their
/// direction; the paper's code has there what its SVD happens to return, as <c>rank_policy: reference</c> has. A matrix
/// with p below N, of which that code keeps nothing, is averaged as vectors are. Without weights, all are 1. The
/// paper's compression, which keeps the factors apart, is not part of this.
/// </remarks>
sealed class Tsv : MergeMethod
{
    static readonly PerModel Weight = new("weight", 1, Bounds.Any, "factor of the task's singular values");

    public override MethodSignature Signature { get; } = new(
        "tsv", "leading singular vectors of all tasks, orthogonal across tasks",
        "Gargiulo et al. 2025, arXiv:2412.00081", BaseUse.Required, 1, Unlimited, Weight, Lambda, RankPolicy,
        Embeddings, Convolutions);

    public override bool UsesMatrices => true;

    public override Tensor Merge(MergeInputs x)
    {
        var count = Math.Min(x.Form.Rows, x.Form.Columns) / x.ModelCount;
        if (!x.IsMatrix || count == 0)
            return x.Base + x[Lambda] * Ops.Mean(x.TaskVectors * x[Weight]);
        var completes = x[RankPolicy] == "reference";
        Numbers weights = x[Weight];
        var vectors = x.Tasks(completes ? FrameSides.None : FrameSides.Both);
        var tasks = new Triplets[x.ModelCount];
        for (var k = 0; k < tasks.Length; k++)
            tasks[k] = MatrixOps.Leading(
                vectors[k], count, completes ? (_, _) => new(count) : SpectralRules.Determined(count));
        var left = MatrixOps.Polar(MatrixOps.Beside([.. tasks.Select(t => t.Left)]), completes);
        var right = MatrixOps.Polar(MatrixOps.Beside([.. tasks.Select(t => t.Right)]), completes);
        var values = Numbers.Join([.. tasks.Select((t, k) => weights[k] * t.Values)]);
        var merged = new Triplets(left.Factor, values, right.Factor, values).Product(values);
        return x.Base + x[Lambda] * vectors.Merged(merged);
    }
}
