using FastMerge.Primitives;
using static FastMerge.Primitives.Ops;

namespace FastMerge.Methods;

/// <summary>Uniform soup: the plain average of all models.</summary>
/// <remarks>
/// Source: Wortsman et al. 2022, Model soups, arXiv:2203.05482.
/// Computes: y = sum_k x_k / N. Shapes: any. A configured base that is not listed under <c>models</c> takes no part.
/// </remarks>
sealed class UniformSoup : MergeMethod
{
    public override MethodSignature Signature { get; } = new(
        "uniform_soup", "average of all models", "Wortsman et al. 2022, arXiv:2203.05482",
        BaseUse.Ignored, 1, Unlimited);

    public override Tensor Merge(MergeInputs x) => Sum(x.Models) / Scalar.ModelCount;
}
