using FastMerge.Primitives;
using static FastMerge.Primitives.Ops;

namespace FastMerge.Methods;

/// <summary>Arcee Fusion: takes from the other model the entries whose change matters most.</summary>
/// <remarks>
/// Source: mergekit's arcee_fusion.
/// Computes: p = softmax x + 1e-8 and q = softmax b + 1e-8 by row, KL = sum_row p log(p / q);
/// importance s = |x - b| max(KL, 0); y = x where s is at least median + 1.5 (third quartile - first quartile) of the
/// tensor's s, else b; the quantile f of n sorted values is number floor(f (n - 1)), from 0. Arithmetic in binary32,
/// row sums in binary64. Shapes: any; a tensor of one axis is one row.
/// Differs from mergekit, which takes the quantiles of tensors above a million entries from random samples: here they
/// are those of all entries. mergekit always writes F32; here the output dtype is the recipe's.
/// </remarks>
sealed class ArceeFusion : MergeMethod
{
    const double Floor = 1e-8;
    const double Spread = 1.5;

    public override MethodSignature Signature { get; } = new(
        "arcee_fusion", "the base with the other model's most important changes", "mergekit's arcee_fusion",
        BaseUse.EndPoint, 1, 1);

    public override Tensor Merge(MergeInputs x)
    {
        var rows = x.IsVector ? Scope.Tensor : Scope.Row;
        var other = Sum(x.Models);
        var (p, q) = (Add(Softmax(other, rows), Floor), Add(Softmax(x.Base, rows), Floor));
        var divergence = Scalar.Max(Total(p * Log(p / q), rows), 0);
        var change = other - x.Base;
        var importance = Abs(change) * divergence;
        var range = Quantile(importance, 0.75) - Quantile(importance, 0.25);
        var border = Quantile(importance, 0.5) + Spread * range;
        return x.Base + OrNaN(Where(AtLeast(importance, border), change), change);
    }
}
