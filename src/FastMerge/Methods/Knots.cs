using FastMerge.Primitives;
using FastMerge.Primitives.Matrices;
using static FastMerge.Primitives.CommonParameters;

namespace FastMerge.Methods;

/// <summary>
/// KnOTS (Knowledge Orientation Through SVD): expresses all task vectors in one basis of left singular vectors and
/// merges what is left of each in that basis by another method.
/// </summary>
/// <remarks>
/// Source: Stoica et al. 2024, arXiv:2410.19735.
/// Computes: D = [t_1 | ... | t_N] = U S [V_1^T | ... | V_N^T] with t_k = x_k - b an m x n matrix; directions with
/// s &lt;= tolerance are dropped; M = inner method of the S V_k^T, one matrix a model, over a base of zeros;
/// y = b + lambda U M. Vectors, and matrices that are averaged: the inner method of the task vectors themselves.
/// Binary32, singular values from binary64.
/// Differs from the paper's code in this: there a trim ranks the entries of all layers together, here those of one
/// matrix; there the SVD of each layer is in binary64; biases are no extra column. It is meant for adapters and takes
/// full task vectors as well. The dropped directions have an absolute border, as there: lower it for updates that are
/// small as a whole.
/// Memory: 2 N + 1 matrices beside the work of the decomposition, whose small side is min(m, N n).
/// </remarks>
sealed class Knots : MergeMethod
{
    static readonly Inner Merged = new("inner", new Ties(), ofMatrices: true, "what merges the right factors");
    static readonly Global Tolerance = new(
        "tolerance", 1e-5, Bounds.NotNegative, "singular values up to this are dropped, on the scale of the weights");

    public override MethodSignature Signature { get; } = new(
        "knots", "merges task vectors in a basis of left singular vectors that they share",
        "Stoica et al. 2024, arXiv:2410.19735",
        BaseUse.Required, 1, Unlimited, Merged, Lambda, Tolerance, Embeddings, Convolutions);

    public override bool UsesMatrices => true;

    public override Tensor Merge(MergeInputs x)
    {
        if (!x.IsMatrix) return x.Base + x[Lambda] * (x.Inner() - x.Base);
        var columns = x.Form.Columns;
        var joined = MatrixOps.Beside([.. Enumerable.Range(0, x.ModelCount).Select(k => x.Matrix(x.TaskVectors, k))]);
        var shared = MatrixOps.Leading(joined, joined.Side, SpectralRules.AboveOperand, x[Tolerance]);
        var own = Enumerable.Range(0, x.ModelCount).Select(k => MatrixOps.ScaleColumns(
            MatrixOps.Rows(shared.Right, k * columns, columns), shared.Values));
        var merged = x.Inner([.. own]);
        return x.Base + x[Lambda] * Tensor.Of(MatrixOps.Multiply(shared.Left, merged, transposeB: true));
    }
}
