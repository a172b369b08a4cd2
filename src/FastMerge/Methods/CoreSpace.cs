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
/// C_k over a base of zeros. Of adapters, t_k = s_k B_k A_k: U is of [B_1 | ... | B_N] and V of the A_k above each
/// other, and the cores are as small as the ranks; no t_k is formed. Directions with s &lt;= 2^-21 s_1 are left out,
/// so nothing of a task vector is lost. Pairs of vectors have the sign that makes the right one's largest entry
/// positive. Vectors, and what is not taken for a matrix: the inner method of the task vectors themselves. Binary32,
/// singular values from binary64.
/// Differs from the paper's code: there all task vectors are adapters and the bases are computed in binary64; here full
/// task vectors may be merged as well, whose cores are as large as they are.
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
        return x.Base + x[Lambda] * Tensor.Of(
            x.HasFactors ? OfFactors(x.Factors()) : OfTasks(x.Tasks(FrameSides.None).All));

        Matrix OfTasks(Matrix[] tasks)
        {
            var (left, right) = Bases(tasks, tasks);
            return Back(left, right, tasks.Select(t => MatrixOps.Multiply(left, t, transposeA: true) * right));
        }

        Matrix OfFactors(TaskFactors[] factors)
        {
            var (left, right) = Bases([.. factors.Select(f => f.Left)], [.. factors.Select(f => f.Right)]);
            return Back(left, right, factors.Select(
                f => f.Scale * (MatrixOps.Multiply(left, f.Left, transposeA: true) * (f.Right * right))));
        }

        Matrix Back(Matrix left, Matrix right, IEnumerable<Matrix> cores) =>
            MatrixOps.Multiply(left * MergeCores([.. cores]), right, transposeB: true);

        Matrix MergeCores(Matrix[] cores)
        {
            var core = x.Inner(cores);
            if (!x.Is(Isotropic)) return core;
            var polar = MatrixOps.Polar(core);
            return polar.NuclearNorm * (1.0 / Math.Min(x.Form.Rows, x.Form.Columns)) * polar.Factor;
        }
    }

    /// <summary>Bases of all columns, and of all rows.</summary>
    static (Matrix Left, Matrix Right) Bases(Matrix[] columns, Matrix[] rows) =>
        (MatrixOps.LeftBasis(MatrixOps.Beside(columns)), MatrixOps.RightBasis(MatrixOps.Above(rows)));
}
