using FastMerge.Primitives;
using static FastMerge.Primitives.Ops;

namespace FastMerge.Methods;

/// <summary>Takes the other model's entries where they are near the base's and keeps the base's where not.</summary>
/// <remarks>
/// Source: mergekit's nearswap (alchemonaut). Computes: w = t / max(|b - x|, 1e-6), cut to 0 .. 1;
/// y = w x + (1 - w) b. Shapes: any. A NaN of either input gives NaN.
/// </remarks>
sealed class Nearswap : MergeMethod
{
    const double SmallestDistance = 1e-6;

    static readonly Global T = new("t", null, Bounds.Any, "distance up to which the other model's entry is taken");

    public override MethodSignature Signature { get; } = new(
        "nearswap", "the base, moved to the other model where both are near", "mergekit's nearswap",
        BaseUse.Required, 1, 1, T);

    public override Tensor Merge(MergeInputs x)
    {
        var other = Sum(x.Models);
        var share = Max(Min(Divide(x[T], Max(Abs(x.Base - other), SmallestDistance)), 1), 0);
        return share * other + Subtract(1, share) * x.Base;
    }
}
