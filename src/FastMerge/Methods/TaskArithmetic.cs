using FastMerge.Primitives;
using FastMerge.Primitives.Matrices;
using static FastMerge.Primitives.CommonParameters;
using static FastMerge.Primitives.Ops;

namespace FastMerge.Methods;

/// <summary>Task arithmetic: adds a weighted sum of task vectors to the base model.</summary>
/// <remarks>
/// Source: Ilharco et al. 2022, arXiv:2212.04089.
/// Computes: y = b + lambda sum_k w_k (x_k - b). Shapes: any.
/// With <c>normalize</c> the sum is divided by sum_k w_k (by 1 where its magnitude is below 1e-8).
/// </remarks>
sealed class TaskArithmetic : MergeMethod
{
    static readonly Flag Normalize = new("normalize", false, "divide by the sum of the weights");
    static readonly Flag Rescale = new("rescale", false, "accepted; nothing is dropped, so nothing is restored")
    {
        Ignored = true,
    };

    public override MethodSignature Signature { get; } = new(
        "task_arithmetic", "adds weighted task vectors to the base", "Ilharco et al. 2022, arXiv:2212.04089",
        BaseUse.Required, 1, Unlimited, Weight, Lambda, Normalize, Rescale, Int8Mask);

    public override Tensor Merge(MergeInputs x)
    {
        return x.Base + SumFactor(x[Lambda], x[Weight], x.Is(Normalize)) * Sum(x.TaskVectors * x[Weight]);
    }

    public override Tensor? MergeFactors(MergeInputs x)
    {
        var tasks = x.Tasks(FrameSides.Both);
        return x.Base + SumFactor(x[Lambda], x[Weight], x.Is(Normalize)) * tasks.Merged(tasks.Sum(x[Weight]));
    }
}
