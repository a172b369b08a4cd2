using FastMerge.Primitives;
using static FastMerge.Primitives.Ops;

namespace FastMerge.Methods;

/// <summary>CaPE: adds to the base what sets an expert on clean data apart from one on noisy data.</summary>
/// <remarks>
/// Source: Choubey et al. 2021, CaPE, arXiv:2110.07166.
/// Computes: y = b + alpha (x_1 - x_2), the first model being the expert, the second the anti-expert. Shapes: any.
/// </remarks>
sealed class Cape : MergeMethod
{
    static readonly Global Alpha = new("alpha", null, Bounds.Any, "factor of expert minus anti-expert");

    public override MethodSignature Signature { get; } = new(
        "cape", "base plus expert minus anti-expert", "Choubey et al. 2021, arXiv:2110.07166",
        BaseUse.Required, 2, 2, Alpha);

    public override Tensor Merge(MergeInputs x) =>
        x.Base + x[Alpha] * Sum(x.Models * Scalar.ModelCoefficients(_ => [1, -1]));
}
