using FastMerge.Primitives;
using static FastMerge.Primitives.Ops;

namespace FastMerge.Methods;

/// <summary>Model Breadcrumbs with sign election.</summary>
/// <remarks>
/// Source: Davari and Belilovsky 2023, arXiv:2312.06795, with the election of arXiv:2306.01708.
/// Computes: d_k as in breadcrumbs; e = sign of sum_k w_k d_k; y = b + lambda sum of the w_k d_k whose sign
/// is e. Shapes: any.
/// Ranks are by tensor, or with <c>scope: row</c> by row.
/// Differs from mergekit, which drops the whole task vector when floor(gamma n) is 0: here nothing is then trimmed at
/// the top.
/// Election: task vectors are weighted first, so a negative weight flips its vote; a sum of zero elects
/// plus; zeros never agree. A NaN in any task vector gives NaN.
/// </remarks>
sealed class BreadcrumbsTies : MergeMethod
{
    static readonly PerModel Weight = new("weight", null, Bounds.Any, "weight of the task vector");
    static readonly PerModel Density = new("density", 1, Bounds.UnitInterval, "fraction of entries kept");
    static readonly PerModel Gamma = new("gamma", 0.01, Bounds.UnitInterval, "fraction of the largest entries zeroed");
    static readonly Choice Over = new("scope", ["tensor", "row"], "over which entries magnitudes are ranked");
    static readonly Global Lambda = new("lambda", 1, Bounds.Any, "factor of the merged task vector");
    static readonly Flag Normalize = new("normalize", false, "divide by the weights that agree");
    static readonly Flag Rescale = new("rescale", false, "restore the L1 norm after the trim");
    static readonly Flag Int8Mask = new("int8_mask", false, "accepted; results do not depend on it")
    {
        Ignored = true,
    };

    public override MethodSignature Signature { get; } = new(
        "breadcrumbs_ties", "breadcrumbs with the sign election of TIES",
        "Davari and Belilovsky 2023, arXiv:2312.06795",
        BaseUse.Required, 1, Unlimited, Weight, Density, Gamma, Over, Lambda, Normalize, Rescale, Int8Mask);

    public override Tensor Merge(MergeInputs x)
    {
        var scope = x[Over] == "row" ? Scope.Row : Scope.Tensor;
        var kept = KeepBand(x.TaskVectors, x[Density], x[Gamma], scope);
        var scale = x.Is(Rescale) ? NormRestoringScale(x.TaskVectors, kept) : 1;
        var weighted = kept * (x[Weight] * scale);
        var total = Sum(weighted);
        var merged = x.Is(Normalize)
            ? MeanOfSign(weighted, ElectSign(total), total, x[Weight])
            : SumOfSign(weighted, ElectSign(total), total);
        return x.Base + x[Lambda] * merged;
    }
}
