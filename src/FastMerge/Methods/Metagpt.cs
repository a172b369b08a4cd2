using FastMerge.Primitives;
using static FastMerge.Primitives.CommonParameters;
using static FastMerge.Primitives.Ops;

namespace FastMerge.Methods;

/// <summary>MetaGPT: task arithmetic with weights that follow from the lengths of the task vectors.</summary>
/// <remarks>
/// Source: Zhou et al. 2024, MetaGPT, arXiv:2406.11385.
/// Computes: w_k = |x_k - b|^2 / sum_j |x_j - b|^2 (binary64); y = b + lambda sum_k w_k (x_k - b). Shapes: any.
/// Norms are over the whole model, as in the paper, or with <c>scope: tensor</c> over each tensor. Where their sum is 0
/// or not finite the weights are 1/N.
/// </remarks>
sealed class Metagpt : MergeMethod
{
    static readonly Choice Over = new("scope", ["model", "tensor"], "norms of the whole model or of each tensor");

    public override MethodSignature Signature { get; } = new(
        "metagpt", "task arithmetic, weighted by the task vectors' squared norms", "Zhou et al. 2024, arXiv:2406.11385",
        BaseUse.Required, 1, Unlimited, Over, Lambda);

    public override Tensor Merge(MergeInputs x)
    {
        var scope = x[Over] == "model" ? Scope.Model : Scope.Tensor;
        var weights = Scalar.ModelCoefficients(v => Shares(v[0]), Dot(x.TaskVectors, x.TaskVectors, scope));
        return x.Base + x[Lambda] * Sum(x.TaskVectors * weights);
    }

    static double[] Shares(double[] squares) => squares.Sum() is var sum && sum > 0 && double.IsFinite(sum)
        ? [.. squares.Select(s => s / sum)] : [.. squares.Select(_ => 1.0 / squares.Length)];
}
