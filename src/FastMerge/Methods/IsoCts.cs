using FastMerge.Primitives;
using FastMerge.Primitives.Matrices;
using static FastMerge.Primitives.CommonParameters;

namespace FastMerge.Methods;

/// <summary>Iso-CTS: isotropic merging in a common space and in one space for each task.</summary>
/// <remarks>
/// Source: Marczak et al. 2025, No Task Left Behind: Isotropic Model Merging with Common and Task-Specific
/// Subspaces, arXiv:2502.04959.
/// Computes: S the sum of N task vectors, m x n with p = min(m, n); f the common space's fraction;
/// d = round((p - floor(f p)) / N), halves to the even neighbour; k = p - d N. U_c, s_c, V_c are the k leading triplets
/// of S, U_i, s_i, V_i the d leading ones of (I - U_c U_c^T) t_i. y = b + lambda mean(all p values) polar([U_1 | ... |
/// U_N | U_c]) polar([V_1 | ... | V_N | V_c])^T. Vectors: b + lambda mean(task vectors). Where d is 0 this is iso_c.
/// The residuals of wide matrices are taken in a basis of the complement of U_c, where they have few rows. The tasks'
/// spaces are orthogonal to the common one, so the left polar factor is that of the tasks' vectors beside U_c.
/// Directions that the data do not determine, those of residuals that are nothing but rounding among them, are left
/// out; the paper's code has there whatever its SVD returns, and <c>rank_policy: reference</c> completes the factors
/// like it. A fraction so small that d N would be above p takes d = floor(p / N), where that code fails.
/// </remarks>
sealed class IsoCts : MergeMethod
{
    static readonly Global Fraction = new(
        "common_space_fraction", 0.8, Bounds.UnitInterval, "part of the directions that all tasks share");

    public override MethodSignature Signature { get; } = new(
        "iso_cts", "equal singular values in a common space and one space a task",
        "Marczak et al. 2025, arXiv:2502.04959", BaseUse.Required, 1, Unlimited,
        Lambda, Fraction, RankPolicy, Embeddings,
        Convolutions);

    public override bool UsesMatrices => true;

    /// <summary>d: how many directions each of N tasks has of its own, of p.</summary>
    internal static long OwnDirections(double fraction, long p, int tasks) => Math.Min(
        p / tasks, (long)Math.Round((p - Math.Floor(p * fraction)) / tasks, MidpointRounding.ToEven));

    public override Tensor Merge(MergeInputs x)
    {
        if (!x.IsMatrix) return x.Base + x[Lambda] * Ops.Mean(x.TaskVectors);
        var (side, tasks) = (Math.Min(x.Form.Rows, x.Form.Columns), x.ModelCount);
        var completes = x[RankPolicy] == "reference";
        var own = Numbers.From(v => [OwnDirections(v[0][0], side, tasks)], x[Fraction]);
        var (common, rest) = Common(x, side, own, completes);
        var parts = new Triplets[tasks];
        for (var i = 0; i < tasks; i++) parts[i] = Own(x.Matrix(x.TaskVectors, i), common.Left, rest, own, completes);
        Matrix Join(Func<Triplets, Matrix> vectors) => MatrixOps.Beside(side, [.. parts.Select(vectors)]);
        var left = completes
            ? MatrixOps.Polar(MatrixOps.Beside(side, Join(t => t.Left), common.Left), isComplete: true).Factor
            : MatrixOps.Beside(side, MatrixOps.Polar(Join(t => t.Left)).Factor, common.Left);
        var right = MatrixOps.Polar(MatrixOps.Beside(side, Join(t => t.Right), common.Right), completes).Factor;
        var mean = Numbers.Join([.. parts.Select(t => t.Values), common.Values]).Sum() * (1.0 / side);
        var merged = mean * MatrixOps.Multiply(left, right, transposeB: true);
        return x.Base + x[Lambda] * Tensor.Of(merged);
    }

    /// <summary>The common space, and a basis of what is orthogonal to it where the matrix is not tall.</summary>
    static (Triplets Common, Matrix? Complement) Common(MergeInputs x, long side, Numbers own, bool completes)
    {
        var tasks = x.ModelCount;
        var sum = x.Matrix(Ops.Sum(x.TaskVectors));
        long Count(double[] spectrum, double ownCount) => Math.Min(side - tasks * (long)ownCount,
            completes ? side : SpectralRules.Determined()(spectrum, []).Rank);
        if (x.Form.Rows > x.Form.Columns)
            return (MatrixOps.Leading(sum, side, (s, o) => new(Count(s, o[0][0])), own), null);
        var all = MatrixOps.Leading(sum, side);
        var count = Numbers.From(v => [Count(v[0], v[1][0])], all.Spectrum, own);
        var common = new Triplets(
            MatrixOps.Columns(all.Left, 0, count, side),
            Numbers.From(v => [.. v[0].Take((int)v[1][0])], all.Spectrum, count),
            MatrixOps.Columns(all.Right, 0, count, side), all.Spectrum);
        // Columns of zeros, which undetermined directions have, become whatever completes an orthonormal basis.
        return (common, MatrixOps.Columns(MatrixOps.Qr(all.Left).Q, count, side, side));
    }

    /// <summary>The leading triplets of what a task vector has outside of the common space.</summary>
    static Triplets Own(Matrix task, Matrix common, Matrix? rest, Numbers own, bool completes)
    {
        var norm = Numbers.From(v => [Math.Sqrt(v[0].Sum())], MatrixOps.RowDots(task, task));
        var residual = rest is null ? task - common * MatrixOps.Multiply(common, task, transposeA: true)
            : MatrixOps.Multiply(rest, task, transposeA: true);
        var most = Math.Min(task.Rows, task.Columns);
        var leading = MatrixOps.Leading(
            residual, most, (s, o) => new(Math.Min((long)o[0][0], completes ? most
                : SpectralRules.CountAbove(s, SpectralRules.Undetermined * o[1][0]))), own, norm);
        return rest is null ? leading : leading with { Left = rest * leading.Left };
    }
}
