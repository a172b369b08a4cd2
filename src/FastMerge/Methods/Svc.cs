using FastMerge.Primitives;
using FastMerge.Primitives.Matrices;

namespace FastMerge.Methods;

/// <summary>
/// Singular value calibration: takes the result of another method and shortens the directions in which it exceeds what
/// the tasks have there.
/// </summary>
/// <remarks>
/// Source: Li et al. 2026, When Shared Knowledge Hurts: Spectral Over-Accumulation in Model Merging, arXiv:2602.05536.
/// Computes: d = the inner method's result minus b = U S V^T, t_i the N task vectors; for direction r and task i
/// a_ri = &lt;u_r^T d, u_r^T t_i> / ||u_r^T t_i||^2, 0 where t_i has nothing there;
/// y = b + U diag(g_r s_r) V^T with g_r = N / sum_i max(svc_alpha, a_ri). Products in binary32, dot products in
/// binary64. Vectors, and what is taken for no matrix: the inner method's result.
/// With svc_alpha = 1, the paper's alpha, no direction grows. Directions of equal singular values may be turned within
/// their space by rounding, and the result with them, as in the paper's code. Directions with s &lt;= 2^-21 s_1 are
/// left out.
/// Memory: four matrices, and what the inner method needs.
/// </remarks>
sealed class Svc : MergeMethod
{
    static readonly Inner Merged = new("inner", new Ties(), ofMatrices: false, "the method whose result is calibrated");
    static readonly Global Alpha = new(
        "svc_alpha", 1, new(1e-6, double.PositiveInfinity), "least that a task counts for; 1: no direction grows");
    static readonly Choice Embeddings =
        new("embeddings", ["matrix", "inner"], "embeddings and heads calibrated, or left as the inner method has them");
    static readonly Choice Convolutions =
        new("convolutions", ["inner", "matrix"], "convolutions left as the inner method has them, or calibrated");

    public override MethodSignature Signature { get; } = new(
        "svc", "another method's result, its directions shortened that tasks count twice",
        "Li et al. 2026, arXiv:2602.05536", BaseUse.Required, 1, Unlimited,
        Merged, Alpha, Embeddings, Convolutions);

    public override bool UsesMatrices => true;

    public override Tensor Merge(MergeInputs x)
    {
        var inner = x.Inner();
        if (!x.IsMatrixBy(Embeddings, Convolutions)) return inner;
        var merged = MatrixOps.Leading(
            x.Matrix(inner - x.Base), Math.Min(x.Form.Rows, x.Form.Columns), SpectralRules.Determined());
        Numbers counts = 0;
        for (var i = 0; i < x.ModelCount; i++)
        {
            // Row r of its transpose is u_r^T t_i; that of the merged one is s_r v_r^T.
            var along = MatrixOps.Multiply(x.Matrix(x.TaskVectors, i), merged.Left, transposeA: true);
            var overlaps = merged.Values * MatrixOps.ColumnDots(along, merged.Right)
                / MatrixOps.ColumnDots(along, along);
            counts += Numbers.From(v => [.. v[0].Select(a => Math.Max(v[1][0], a))], overlaps, x[Alpha]);
        }
        return x.Base + Tensor.Of(merged.Product(merged.Values * ((double)x.ModelCount / counts)));
    }
}
