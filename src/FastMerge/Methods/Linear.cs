using FastMerge.Primitives;
using FastMerge.Primitives.Matrices;
using static FastMerge.Primitives.Ops;

namespace FastMerge.Methods;

/// <summary>Weighted average of the models' parameters (model soup, linear merge).</summary>
/// <remarks>
/// Source: Wortsman et al. 2022, arXiv:2203.05482.
/// Computes: y = sum_k w_k x_k, divided by sum_k w_k with <c>normalize</c>. Shapes: any.
/// A configured base that is not listed under <c>models</c> takes no part.
/// </remarks>
sealed class Linear : MergeMethod
{
    static readonly PerModel Weight = new("weight", null, Bounds.Any, "weight of the model");
    static readonly Flag Normalize = new("normalize", true, "divide by the sum of the weights");

    public override MethodSignature Signature { get; } = new(
        "linear", "weighted average of the models", "Wortsman et al. 2022, arXiv:2203.05482",
        BaseUse.Ignored, 1, Unlimited, Weight, Normalize);

    public override Tensor Merge(MergeInputs x)
    {
        var sum = Sum(x.Models * x[Weight]);
        return x.Is(Normalize) ? sum / Scalar.SumOverModels(x[Weight]) : sum;
    }

    public override Tensor? MergeFactors(MergeInputs x)
    {
        if (!x.Is(Normalize)) return null;
        var tasks = x.Tasks(FrameSides.Both);
        return x.Base + Scalar.Constant(1) / Scalar.SumOverModels(x[Weight]) * tasks.Merged(tasks.Sum(x[Weight]));
    }
}
