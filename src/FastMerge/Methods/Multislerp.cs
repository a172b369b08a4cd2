using FastMerge.Primitives;
using static FastMerge.Primitives.Ops;

namespace FastMerge.Methods;

/// <summary>Weighted mean of the models' directions, of the weighted mean of their lengths.</summary>
/// <remarks>
/// Source: mergekit's multislerp.
/// Computes: r_k = |x_k| (binary64), weights of sum 1 with <c>normalize_weights</c>; u_k = x_k / (r_k + eps);
/// m = sum_k w_k u_k; y = (sum_k w_k r_k) m / |m|. With <c>base_model</c> the x_k are task vectors and y is added to
/// the base. Shapes: any; the whole tensor is one vector.
/// mergekit also adds the mean of the tangents at m; it is zero, since m is the mean itself, so rounding is all that
/// is left of it. Where |m| is below eps or a norm is not finite, y = sum_k w_k x_k: mergekit does so for two models
/// and fails for more.
/// </remarks>
sealed class Multislerp : MergeMethod
{
    static readonly PerModel Weight = new("weight", null, Bounds.Any, "weight of the model");
    static readonly Flag NormalizeWeights = new("normalize_weights", true, "divide the weights by their sum");
    static readonly Global Eps = new("eps", 1e-8, Bounds.NotNegative, "added to norms; the least length of the mean");

    public override MethodSignature Signature { get; } = new(
        "multislerp", "mean direction of the models or their task vectors", "mergekit's multislerp",
        BaseUse.Optional, 1, Unlimited, Weight, NormalizeWeights, Eps);

    public override Tensor Merge(MergeInputs x)
    {
        if (x.ModelCount == 1) return Sum(x.Models);
        var vectors = x.HasBase ? x.TaskVectors : x.Models;
        var weights = x.Is(NormalizeWeights) ? x[Weight] / Scalar.SumOverModels(x[Weight]) : x[Weight];
        var merged = Sum(vectors * Scalar.ModelCoefficients(
            v => Coefficients(v[0], v[1], v[2][0]), Gram(vectors), weights, x[Eps]));
        return x.HasBase ? x.Base + merged : merged;
    }

    static double[] Coefficients(double[] pairs, double[] weights, double eps)
    {
        var gram = new GramMatrix(pairs, weights.Length);
        double[] ofUnits = [.. weights.Select((w, k) => w / (gram.Norm(k) + eps))];
        var length = Math.Sqrt(Math.Max(gram.Product(ofUnits, ofUnits), 0));
        if (!gram.IsFinite || !(length >= eps) || length == 0) return weights;
        var scale = weights.Select((w, k) => w * gram.Norm(k)).Sum() / length;
        return [.. ofUnits.Select(c => scale * c)];
    }
}
