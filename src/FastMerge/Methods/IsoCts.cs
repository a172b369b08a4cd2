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
/// Directions that the data do not determine are left out; the paper's code has there whatever its SVD returns, like
/// <c>rank_policy: reference</c>. Where d N would be above p, d is floor(p / N); that code fails there.
/// </remarks>
sealed class IsoCts : MergeMethod
{
    static readonly Global Fraction = new(
        "common_space_fraction", 0.8, Bounds.UnitInterval, "part of the directions that all tasks share");

    public override MethodSignature Signature { get; } = new(
        "iso_cts", "equal singular values in a common space and one space a task",
        "Marczak et al. 2025, arXiv:2502.04959", BaseUse.Required, 1, Unlimited,
        Lambda, Fraction, RankPolicy, Embeddings, Convolutions);

    public override bool UsesMatrices => true;

    public override Tensor Merge(MergeInputs x)
    {
        if (!x.IsMatrix) return x.Base + x[Lambda] * Ops.Mean(x.TaskVectors);
        var (side, tasks, completes) = (
            Math.Min(x.Form.Rows, x.Form.Columns), x.ModelCount, x[RankPolicy] == "reference");
        var own = Numbers.From(v => [Math.Min(side / tasks, Math.Round(
            (side - Math.Floor(side * v[0][0])) / tasks, MidpointRounding.ToEven))], x[Fraction]);
        var vectors = x.Tasks(completes ? FrameSides.None : FrameSides.Both);
        var (common, rest) = Common(vectors.Sum(), side, tasks, own, completes);
        var parts = new Triplets[tasks];
        for (var i = 0; i < tasks; i++)
            parts[i] = Own(vectors[i], common.Left, rest, side / tasks, own, completes);
        Matrix Join(Func<Triplets, Matrix> ofTask) => MatrixOps.Beside(side, [.. parts.Select(ofTask)]);
        var left = completes
            ? MatrixOps.Polar(MatrixOps.Beside(side, Join(t => t.Left), common.Left), isComplete: true).Factor
            : MatrixOps.Beside(side, MatrixOps.Polar(Join(t => t.Left)).Factor, common.Left);
        var right = MatrixOps.Polar(MatrixOps.Beside(side, Join(t => t.Right), common.Right), completes).Factor;
        var mean = Numbers.Join([.. parts.Select(t => t.Values), common.Values]).Sum() * (1.0 / side);
        return x.Base + x[Lambda] * vectors.Merged(mean * MatrixOps.Multiply(left, right, transposeB: true));
    }

    /// <summary>The common space, and a basis of what is orthogonal to it where the matrix is not tall.</summary>
    static (Triplets Common, Matrix? Complement) Common(Matrix sum, long side, int tasks, Numbers own, bool completes)
    {
        Truncation Rule(double[] spectrum, double[][] own) => new(Math.Min(
            side - tasks * (long)own[0][0], completes ? side : SpectralRules.Determined()(spectrum, []).Rank));
        if (sum.Rows > sum.Side) return (MatrixOps.Leading(sum, side, Rule, own), null);
        var all = MatrixOps.Leading(sum, side);
        var count = Numbers.From(v => [Rule(v[0], [v[1]]).Rank], all.Spectrum, own);
        // Columns of zeros, which undetermined directions have, become whatever completes an orthonormal basis.
        var rest = MatrixOps.Columns(MatrixOps.Qr(all.Left).Q, count, side, side);
        var values = Numbers.From(v => [.. v[0].Take((int)v[1][0])], all.Spectrum, count);
        return (new(MatrixOps.Columns(all.Left, 0, count, side), values,
            MatrixOps.Columns(all.Right, 0, count, side), all.Spectrum), rest);
    }

    /// <summary>The leading triplets of what a task vector has outside of the common space.</summary>
    static Triplets Own(Matrix task, Matrix common, Matrix? rest, long most, Numbers own, bool completes)
    {
        var norm = Numbers.From(v => [Math.Sqrt(v[0].Sum())], MatrixOps.RowDots(task, task));
        var residual = rest is null ? task - common * MatrixOps.Multiply(common, task, transposeA: true)
            : MatrixOps.Multiply(rest, task, transposeA: true);
        var leading = MatrixOps.Leading(
            residual, most, (s, o) => new(Math.Min((long)o[0][0], completes ? most
                : SpectralRules.CountAbove(s, SpectralRules.Undetermined * o[1][0]))), own, norm);
        return rest is null ? leading : leading with { Left = rest * leading.Left };
    }
}
