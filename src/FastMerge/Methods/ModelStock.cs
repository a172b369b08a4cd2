using FastMerge.Primitives;
using static FastMerge.Primitives.Ops;

namespace FastMerge.Methods;

/// <summary>
/// Model Stock: moves from the base towards the average of the models by a ratio that the angle between
/// their task vectors gives.
/// </summary>
/// <remarks>
/// Source: Jang et al. 2024, arXiv:2403.19522, equation 5, with the mean pairwise cosine for more than two.
/// Computes: C = mean over pairs of cos(x_i - b, x_j - b); t = N C / (1 + (N - 1) C);
/// y = t mean_k x_k + (1 - t) b. With <c>filter_wise</c> for each row; a tensor of one axis is one row.
/// A product of norms counts as at least 1e-6. Where 1 + (N - 1) C is at most 1e-8 (the task vectors cancel), y = b.
/// </remarks>
sealed class ModelStock : MergeMethod
{
    const double SmallestNormProduct = 1e-6;
    const double SmallestDivisor = 1e-8;

    static readonly Flag FilterWise = new("filter_wise", false, "one ratio for each row");

    public override MethodSignature Signature { get; } = new(
        "model_stock", "base and average, mixed by the angle between task vectors",
        "Jang et al. 2024, arXiv:2403.19522", BaseUse.Required, 2, Unlimited, FilterWise);

    public override Tensor Merge(MergeInputs x)
    {
        var scope = x.Is(FilterWise) && !x.IsVector ? Scope.Row : Scope.Tensor;
        var ratio = Scalar.Coefficients(
            v => Ratio(new(v[0], (int)v[1][0])), Gram(x.TaskVectors, scope), Scalar.ModelCount);
        return Sum(x.Models) * (ratio / Scalar.ModelCount) + x.Base * (1 - ratio);
    }

    static double Ratio(GramMatrix gram)
    {
        double sum = 0;
        var models = gram.Count;
        for (var i = 0; i < models; i++)
            for (var j = i + 1; j < models; j++)
                sum += Math.Clamp(gram[i, j] / Math.Max(gram.Norm(i) * gram.Norm(j), SmallestNormProduct), -1, 1);
        var cosine = sum / (models * (models - 1) / 2.0);
        var divisor = 1 + (models - 1) * cosine;
        return divisor <= SmallestDivisor ? 0 : models * cosine / divisor;
    }
}
