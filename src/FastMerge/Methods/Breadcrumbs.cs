using FastMerge.Primitives;
using static FastMerge.Primitives.CommonParameters;
using static FastMerge.Primitives.Ops;

namespace FastMerge.Methods;

/// <summary>Model Breadcrumbs: zeroes both the largest and the smallest entries of task vectors.</summary>
/// <remarks>
/// Source: Davari and Belilovsky 2023, arXiv:2312.06795.
/// Computes: d_k = x_k - b without its floor(gamma n) largest entries, of the rest the floor(density n)
/// largest; y = b + lambda sum_k w_k d_k. Shapes: any; ranks are by tensor, as in mergekit,
/// or with <c>scope: row</c> by row, as in the paper's code.
/// Differs from mergekit, which drops the whole task vector when floor(gamma n) is 0: here nothing is
/// then trimmed at the top.
/// With <c>normalize</c> the sum is divided by sum_k w_k (by 1 where its magnitude is below 1e-8).
/// </remarks>
sealed class Breadcrumbs : MergeMethod
{
    static readonly PerModel Density = new("density", 1, Bounds.UnitInterval, "fraction of entries kept");
    static readonly PerModel Gamma = new("gamma", 0.01, Bounds.UnitInterval, "fraction of the largest entries zeroed");
    static readonly Choice Over = new("scope", ["tensor", "row"], "over which entries magnitudes are ranked");
    static readonly Flag Normalize = new("normalize", false, "divide by the sum of the weights");

    public override MethodSignature Signature { get; } = new(
        "breadcrumbs", "zeroes the largest and smallest entries, then adds task vectors",
        "Davari and Belilovsky 2023, arXiv:2312.06795",
        BaseUse.Required, 1, Unlimited, Weight, Density, Gamma, Over, Lambda, Normalize, RescaleTrim, Int8Mask);

    public override Tensor Merge(MergeInputs x)
    {
        var scope = x[Over] == "row" ? Scope.Row : Scope.Tensor;
        var kept = KeepBand(x.TaskVectors, x[Density], x[Gamma], scope);
        var scale = x.Is(RescaleTrim) ? NormRestoringScale(x.TaskVectors, kept) : 1;
        var weighted = kept * (x[Weight] * scale);
        return x.Base + SumFactor(x[Lambda], x[Weight], x.Is(Normalize)) * Sum(weighted);
    }
}
