using FastMerge.Primitives;
using static FastMerge.Primitives.Ops;

namespace FastMerge.Methods;

/// <summary>RAM: averages task vectors over the models that changed an entry.</summary>
/// <remarks>
/// Source: mergekit's ram (reinforced agent merging).
/// Computes: model k is active at i where |x_k - b| is above epsilon; y = b + mean of x_k - b over the active models, b
/// where there is none. Shapes: any. A NaN in any task vector gives NaN; mergekit counts it as not active.
/// </remarks>
sealed class Ram : MergeMethod
{
    static readonly Global Epsilon = new("epsilon", 1e-5, Bounds.NotNegative, "a change up to this is none");

    public override MethodSignature Signature { get; } = new(
        "ram", "averages what models changed over those that changed it", "mergekit's ram",
        BaseUse.Required, 1, Unlimited, Epsilon);

    public override Tensor Merge(MergeInputs x)
    {
        var active = Above(Abs(x.TaskVectors), x[Epsilon]);
        var mean = Sum(Where(active, x.TaskVectors)) / Max(Count(active), 1);
        return x.Base + OrNaN(mean, Sum(x.TaskVectors));
    }
}
