using FastMerge.Primitives;
using FastMerge.Primitives.Matrices;
using static FastMerge.Primitives.CommonParameters;

namespace FastMerge.Methods;

/// <summary>
/// Core Space merging: expresses all task vectors in left and right bases that hold all of them, and merges the
/// cores that are left by another method.
/// </summary>
/// <remarks>
/// Source: Panariello et al. 2025, Accurate and Efficient Low-Rank Model Merging in Core Space, arXiv:2509.17786.
/// Computes: U = left singular vectors of [t_1 | ... | t_N], V = right singular vectors of the t_k above each other,
/// t_k = x_k - b an m x n matrix; C_k = U^T t_k V; y = b + lambda U M V^T, where M is the inner method's merge of the
/// C_k over a base of zeros. Directions with s &lt;= 2^-21 s_1 are left out, so nothing of a task vector is lost. Pairs
/// of vectors have the sign that makes the right one's largest entry positive. Vectors, and what is not taken for a
/// matrix: the inner method of the task vectors themselves. Binary32, singular values from binary64.
/// Differs from the paper's code: there the t_k are products of LoRA factors and the bases come from the factors, in
/// binary64; the cores are then as small as the ranks, and those of full task vectors as large as these.
/// With isotropic the singular values of M become their sum divided by min(m, n), as in Iso-C, which this is for a
/// linear inner method; the paper's code divides by the side of the core.
/// Memory: 2 N + 2 matrices and the decompositions', whose small sides are min(m, N n) and min(N m, n).
/// </remarks>
sealed class CoreSpace : MergeMethod
{
    static readonly Inner Merged = new("inner", new Ties(), ofMatrices: true, "what merges the cores");
    static readonly Flag Isotropic = new("isotropic", false, "make the singular values of the merged core equal");

    public override MethodSignature Signature { get; } = new(
        "core_space", "merges task vectors in left and right bases that hold all of them",
        "Panariello et al. 2025, arXiv:2509.17786",
        BaseUse.Required, 1, Unlimited, Merged, Isotropic, Lambda, InnerEmbeddings, InnerConvolutions);

    public override bool UsesMatrices => true;

    public override Tensor Merge(MergeInputs x)
    {
        if (!x.IsMatrixBy(InnerEmbeddings, InnerConvolutions)) return x.Base + x[Lambda] * (x.Inner() - x.Base);
        var tasks = x.TaskMatrices();
        var merged = InCore(tasks, tasks, CoreOf, MergeCores);
        return x.Base + x[Lambda] * Tensor.Of(merged);

        Matrix CoreOf(int k, Matrix left, Matrix right) =>
            MatrixOps.Multiply(left, tasks[k], transposeA: true) * right;

        Matrix MergeCores(Matrix[] cores)
        {
            var core = x.Inner(cores);
            if (!x.Is(Isotropic)) return core;
            var polar = MatrixOps.Polar(core);
            return polar.NuclearNorm * (1.0 / Math.Min(x.Form.Rows, x.Form.Columns)) * polar.Factor;
        }
    }

    /// <summary>
    /// Merges updates that are given by what spans their columns and their rows: the updates themselves twice, or the
    /// factors B_k and A_k of products B_k A_k.
    /// </summary>
    static Matrix InCore(
        Matrix[] columns, Matrix[] rows, Func<int, Matrix, Matrix, Matrix> coreOf, Func<Matrix[], Matrix> merge)
    {
        var left = MatrixOps.LeftBasis(MatrixOps.Beside(columns));
        var right = MatrixOps.RightBasis(MatrixOps.Above(rows));
        Matrix[] cores = [.. columns.Select((_, k) => coreOf(k, left, right))];
        return MatrixOps.Multiply(left * merge(cores), right, transposeB: true);
    }
}
