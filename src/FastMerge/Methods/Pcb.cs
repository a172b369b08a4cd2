using FastMerge.Primitives;
using static FastMerge.Primitives.CommonParameters;
using static FastMerge.Primitives.Ops;

namespace FastMerge.Methods;

/// <summary>PCB-Merging: weighs entries by how they compete within a model and between models.</summary>
/// <remarks>
/// Source: Du et al. 2024, Parameter Competition Balancing, arXiv:2410.02396, as in the authors' code.
/// Computes: d_k = x_k - b; a_k = |d_k| cut to its quantiles 0.0001 and 0.9999 and mapped to 0 .. 1;
/// beta_k = exp(N (a_k^2 - 1)) tanh(d_k sum_j d_j), negative ones counting as 0; s_k = beta_k of the floor(density n)
/// largest, from their least (0) to their largest (1), else 0; y = b + lambda sum_k w_k s_k d_k / max(sum_k s_k,
/// 1e-12).
/// Quantile f of n sorted values is number floor(f (n - 1)). Shapes: any. Ranks are by tensor, or with
/// <c>scope: model</c> over the model, as in the paper.
/// The constant factor exp(-N) cancels and keeps exponents small. The code ranks negative beta too; entries against the
/// sum get no weight here, which differs only where fewer than density n entries agree with it.
/// </remarks>
sealed class Pcb : MergeMethod
{
    const double LeastWeight = 1e-12;
    const double Outliers = 0.0001;

    static readonly PerModel Weight = new("weight", 1, Bounds.Any, "weight of the task vector");
    static readonly PerModel Density = new("density", null, Bounds.UnitInterval, "fraction of entries with a weight");
    static readonly Choice Over = new("scope", ["tensor", "model"], "over which entries ranks are taken");

    public override MethodSignature Signature { get; } = new(
        "pcb", "weighs entries by competition within and between models", "Du et al. 2024, arXiv:2410.02396",
        BaseUse.Required, 1, Unlimited, Weight, Density, Over, Lambda);

    public override Tensor Merge(MergeInputs x)
    {
        var scope = x[Over] == "model" ? Scope.Model : Scope.Tensor;
        var size = Abs(x.TaskVectors);
        var (low, high) = (Quantile(size, Outliers, scope), Quantile(size, 1 - Outliers, scope));
        var within = Subtract(Min(Max(size, low), high), low) * InverseOrZero(high - low);
        var between = Tanh(x.TaskVectors * Sum(x.TaskVectors));
        var beta = Max(Exp(Subtract(within * within, 1) * Scalar.ModelCount) * between, 0);
        var cut = new Cut(beta, Scalar.Floor(x[Density] * CountOf(scope)), true, scope);
        var least = Scalar.Of(cut);
        var share = Subtract(Max(beta, least), least) * InverseOrZero(Largest(beta, scope) - least);
        var merged = Sum(x.TaskVectors * share * x[Weight]) / Max(Sum(share), LeastWeight);
        return x.Base + x[Lambda] * merged;
    }
}
