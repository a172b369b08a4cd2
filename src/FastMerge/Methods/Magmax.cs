using FastMerge.Primitives;
using static FastMerge.Primitives.CommonParameters;
using static FastMerge.Primitives.Ops;

namespace FastMerge.Methods;

/// <summary>MagMax: takes, entry by entry, the largest change that any model made.</summary>
/// <remarks>
/// Source: Marczak et al. 2024, MagMax, arXiv:2407.06322.
/// Computes: d = the x_k - b of largest magnitude, of equal ones the last model's; y = b + lambda d. Shapes: any. The
/// authors' runs use lambda = 0.5. A NaN in any task vector gives NaN.
/// </remarks>
sealed class Magmax : MergeMethod
{
    public override MethodSignature Signature { get; } = new(
        "magmax", "adds the largest change of any model", "Marczak et al. 2024, arXiv:2407.06322",
        BaseUse.Required, 1, Unlimited, Lambda);

    public override Tensor Merge(MergeInputs x) => x.Base + x[Lambda] * LargestMagnitude(x.TaskVectors);
}
