using FastMerge.Primitives;
using static FastMerge.Primitives.Ops;

namespace FastMerge.Methods;

/// <summary>RAM+: RAM that strengthens the entries which only one model changed.</summary>
/// <remarks>
/// Source: mergekit's ramplus_tl.
/// Computes: active as in ram; rho_k = entries of model k that others changed too / max(entries that it alone changed,
/// epsilon), counted over the tensor; y = b + mean over the active models, times 1 + r min(rho_k, alpha) where model k
/// alone is active. Shapes: any. A NaN in any task vector gives NaN; mergekit counts it as not active.
/// </remarks>
sealed class RamplusTl : MergeMethod
{
    static readonly Global R = new("r", 0.1, Bounds.Any, "strength of the correction");
    static readonly Global Alpha = new("alpha", 0.2, Bounds.NotNegative, "most that the overlap counts");
    static readonly Global Epsilon = new("epsilon", 1e-5, Bounds.NotNegative, "a change up to this is none");

    public override MethodSignature Signature { get; } = new(
        "ramplus_tl", "ram, with entries of one model alone strengthened", "mergekit's ramplus_tl",
        BaseUse.Required, 1, Unlimited, R, Alpha, Epsilon);

    public override Tensor Merge(MergeInputs x)
    {
        var active = Above(Abs(x.TaskVectors), x[Epsilon]);
        var count = Count(active);
        var alone = And(active, Equal(count, 1));
        var (unique, all) = (Total(Indicator(alone)), Total(Indicator(active)));
        var overlap = (all - unique) / Scalar.Max(unique, x[Epsilon]);
        var gain = 1 + x[R] * Scalar.Min(overlap, x[Alpha]);
        var strengthened = x.TaskVectors * Tensor.Choose(alone, gain, 1.0);
        return x.Base + OrNaN(Sum(Where(active, strengthened)) / Max(count, 1), Sum(x.TaskVectors));
    }
}
