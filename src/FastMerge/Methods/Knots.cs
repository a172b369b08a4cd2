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
/// Computes: D = [t_1 | ... | t_N] = U S [V_1^T | ... | V_N^T] with t_k = x_k - b an m x n matrix, without the
/// directions with s &lt;= tolerance; M = inner method of the V_k S, one matrix a model, over a base of zeros;
/// y = b + lambda U M^T. Vectors, and what is not taken for a matrix: the inner method of the task vectors themselves.
/// Binary32, the singular values from binary64.
/// Differs from the paper's code: there a trim ranks the entries of all layers together, here those of one matrix;
/// there decompositions are in binary64 throughout, biases are one more column and norm weights diagonal matrices. It
/// is meant for adapters and takes full task vectors as well. The border of the dropped directions is absolute, as
/// there: lower it for task vectors that are small as a whole.
/// Memory: 2 N + 1 matrices and the decomposition's, whose small side is min(m, N n).
/// </remarks>
sealed class Knots : MergeMethod
{
    static readonly Inner Merged = new("inner", new Ties(), ofMatrices: true, "what merges the right factors");
    static readonly Global Tolerance = new(
        "tolerance", 1e-5, Bounds.NotNegative, "singular values up to this one are dropped");

    public override MethodSignature Signature { get; } = new(
        "knots", "merges task vectors in a basis of left singular vectors that they share",
        "Stoica et al. 2024, arXiv:2410.19735",
        BaseUse.Required, 1, Unlimited, Merged, Lambda, Tolerance, InnerEmbeddings, InnerConvolutions);

    public override bool UsesMatrices => true;

    public override Tensor Merge(MergeInputs x)
    {
        if (!x.IsMatrixBy(InnerEmbeddings, InnerConvolutions)) return x.Base + x[Lambda] * (x.Inner() - x.Base);
        var tasks = x.Tasks(FrameSides.Left);
        var joined = MatrixOps.Beside(tasks.All);
        var shared = MatrixOps.Leading(joined, joined.Side, SpectralRules.AboveOperand, x[Tolerance]);
        var own = MatrixOps.SplitRows(MatrixOps.ScaleColumns(shared.Right, shared.Values), x.ModelCount);
        return x.Base + x[Lambda] * tasks.Merged(MatrixOps.Multiply(shared.Left, x.Inner(own), transposeB: true));
    }
}
