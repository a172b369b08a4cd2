using FastMerge.Primitives;
using static FastMerge.Primitives.CommonParameters;
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
    static readonly PerModel Density = new("density", 1, Bounds.UnitInterval, "fraction of entries kept");
    static readonly PerModel Gamma = new("gamma", 0.01, Bounds.UnitInterval, "fraction of the largest entries zeroed");
    static readonly Choice Over = new("scope", ["tensor", "row"], "over which entries magnitudes are ranked");
    static readonly Flag Normalize = new("normalize", false, "divide by the weights that agree");

    public override MethodSignature Signature { get; } = new(
        "breadcrumbs_ties", "breadcrumbs with the sign election of TIES",
        "Davari and Belilovsky 2023, arXiv:2312.06795",
        BaseUse.Required, 1, Unlimited, Weight, Density, Gamma, Over, Lambda, Normalize, RescaleTrim, Int8Mask);

    public override Tensor Merge(MergeInputs x)
    {
        var scope = x[Over] == "row" ? Scope.Row : Scope.Tensor;
        var kept = KeepBand(x.TaskVectors, x[Density], x[Gamma], scope);
        var scale = x.Is(RescaleTrim) ? NormRestoringScale(x.TaskVectors, kept) : 1;
        var weighted = kept * (x[Weight] * scale);
        var merged = ElectedSum(weighted, x[Weight], x.Is(Normalize));
        return x.Base + x[Lambda] * merged;
    }
}
