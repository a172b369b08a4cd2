using FastMerge.Primitives;
using static FastMerge.Primitives.Ops;

namespace FastMerge.Methods;

/// <summary>Sparse model soup: average of pruned models that keeps their zeros.</summary>
/// <remarks>
/// Source: Zimmer et al. 2023, Sparse Model Soups, arXiv:2306.16788.
/// Computes: y = sum_k w_k x_k / sum_k w_k, and 0 outside the mask. Shapes: any.
/// The paper's models share one mask. Where they do not, <c>mask</c> says which entries stay: those that no model has
/// pruned (<c>intersection</c>), some model has not (<c>union</c>), the first has not (<c>first</c>), more than half
/// have not (<c>majority</c>); <c>error</c> ends the merge at the first tensor whose masks differ.
/// </remarks>
sealed class SparseSoup : MergeMethod
{
    static readonly PerModel Weight = new("weight", 1, Bounds.Any, "weight of the model");
    static readonly Choice Mask = new(
        "mask", ["intersection", "union", "first", "majority", "error"], "which entries stay where masks differ");

    public override MethodSignature Signature { get; } = new(
        "sparse_soup", "average of pruned models that keeps their zeros", "Zimmer et al. 2023, arXiv:2306.16788",
        BaseUse.Ignored, 1, Unlimited, Weight, Mask);

    public override Tensor Merge(MergeInputs x)
    {
        var isKept = NotEqual(x.Models, 0);
        var rule = x[Mask];
        var votes = Scalar.ModelCoefficients(v => Votes(rule, (int)v[0][0]), Scalar.ModelCount);
        var count = Count(isKept);
        var differing = Indicator(And(NotEqual(count, 0), NotEqual(count, Scalar.ModelCount)));
        var needed = rule == "error" ? Scalar.Coefficients(v => OneUnless(v[0][0]), Total(differing))
            : Scalar.Coefficients(v => Needed(rule, (int)v[0][0]), Scalar.ModelCount);
        var mean = Sum(x.Models * x[Weight]) / Scalar.SumOverModels(x[Weight]);
        return Where(AtLeast(Sum(Tensor.Choose(isKept, votes, 0.0)), needed), mean);
    }

    static double[] Votes(string rule, int models) =>
        [.. Enumerable.Range(0, models).Select(k => rule != "first" || k == 0 ? 1.0 : 0.0)];

    static double Needed(string rule, int models) => rule switch
    {
        "intersection" => models,
        "majority" => models / 2 + 1,
        _ => 1,
    };

    static double OneUnless(double differing) => differing == 0 ? 1
        : throw Refusal($"zero masks differ in {differing} entries; accepted: one mask, or another 'mask'");
}
