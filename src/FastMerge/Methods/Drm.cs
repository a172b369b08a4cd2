using FastMerge.Primitives;
using FastMerge.Primitives.Matrices;
using static FastMerge.Primitives.CommonParameters;
using static FastMerge.Primitives.Ops;

namespace FastMerge.Methods;

/// <summary>
/// Decom-Renorm-Merge: task vectors in one singular basis, their parts of each direction brought to length 1 and
/// pruned together, then signs elected as in TIES.
/// </summary>
/// <remarks>
/// Source: Chaichana et al. 2025, Decom-Renorm-Merge: Model Merging on the Right Space Improves Multitasking,
/// arXiv:2505.23117.
/// Computes: D = [t_1 | ... | t_N] (horizontal) or the t_k above each other (vertical), D = U S V^T without the
/// directions with s &lt;= tolerance s_1; V (vertical: U) is split by model, each column of each part is divided by its
/// length l; of all entries of all parts together the round((1 - drop) n) + 1 largest are kept; each column is
/// multiplied by l s; p_k = what that gives. e = sign of sum_k p_k; y = b + lambda U M^T (M V^T), M = sum of the
/// w_k p_k with sign e / their number. Drop 0 keeps all entries and elects no signs. Vectors, and matrices that are
/// averaged: b + lambda (elected sum of the w_k t_k / number).
/// A sum of zero has the sign that most entries elect, plus where as many elect minus. Of equal magnitudes at the cut
/// the first are kept; the paper's code keeps all. Which of H and V is taken changes the result. Fused projections
/// are not split first. Memory: 2 N + 1 matrices and the decomposition's.
/// </remarks>
sealed class Drm : MergeMethod
{
    static readonly PerModel Weight = new("weight", 1, Bounds.Any, "factor of the model's entries after the election");
    static readonly Choice Direction = new(
        "direction", ["horizontal", "vertical"], "task vectors side by side, or one above the other");
    static readonly Global Drop = new("drop", 0.8, Bounds.UnitInterval, "fraction of the entries that are dropped");
    static readonly Global Tolerance = new(
        "tolerance", 0.01, Bounds.UnitInterval, "singular values up to this share of the largest are dropped");

    public override MethodSignature Signature { get; } = new(
        "drm", "prunes task vectors in a singular basis, parts of equal length; elects signs",
        "Chaichana et al. 2025, arXiv:2505.23117", BaseUse.Required, 1, Unlimited,
        Weight, Direction, Drop, Tolerance, Lambda, PlainEmbeddings, Convolutions);

    public override bool UsesMatrices => true;

    public override Tensor Merge(MergeInputs x)
    {
        if (!x.IsMatrixBy(PlainEmbeddings, Convolutions))
            return x.Base + x[Lambda] * MeanOfElected(x.TaskVectors, x[Weight], 1);
        var isHorizontal = x[Direction] == "horizontal";
        var tasks = x.Tasks(isHorizontal ? FrameSides.Left : FrameSides.Right);
        var joined = isHorizontal ? MatrixOps.Beside(tasks.All) : MatrixOps.Above(tasks.All);
        var found = MatrixOps.Leading(joined, joined.Side, SpectralRules.AboveShare, x[Tolerance]);
        var (shared, own) = isHorizontal ? (found.Left, found.Right) : (found.Right, found.Left);
        var parts = MatrixOps.SplitRows(own, x.ModelCount);
        Numbers[] lengths = [.. parts.Select(MatrixOps.ColumnNorms)];
        var units = parts.Select((p, k) => MatrixOps.ScaleColumns(p, MatrixOps.InverseOrZero(lengths[k])));
        var kept = Scalar.Coefficients(v => KeptOf(v[0][0], v[1][0]), Scalar.ElementCount, x[Drop]);
        var pruned = MatrixOps.ByElement(KeepCount(Sum(x.Models), kept), MatrixOps.Above([.. units]));
        var scaled = MatrixOps.SplitRows(pruned, x.ModelCount)
            .Select((p, k) => MatrixOps.ScaleColumns(p, lengths[k] * found.Values));
        var elects = Scalar.IfLess(0, x[Drop], 1, 0);
        var merged = MatrixOps.ByElement(MeanOfElected(x.Models, x[Weight], elects), [.. scaled]);
        return x.Base + x[Lambda] * tasks.Merged(isHorizontal
            ? MatrixOps.Multiply(shared, merged, transposeB: true)
            : MatrixOps.Multiply(merged, shared, transposeB: true));
    }

    static double KeptOf(double entries, double drop) => Math.Min(entries, Math.Round(entries * (1 - drop)) + 1);

    /// <summary>The mean of the w a with the elected sign, or of all of them, without zeros.</summary>
    static Tensor MeanOfElected(Tensor a, Scalar weight, Scalar elects)
    {
        var chosen = AgreeingWithMajority(a, elects) * weight;
        return OrNaN(Sum(chosen) / Max(Count(NotEqual(chosen, 0)), 1), Sum(a));
    }
}
