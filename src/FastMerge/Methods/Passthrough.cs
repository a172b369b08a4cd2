using FastMerge.Primitives;
using static FastMerge.Primitives.Ops;

namespace FastMerge.Methods;

/// <summary>Takes the tensors of one model as they are, or multiplied by a factor.</summary>
/// <remarks>
/// Source: mergekit's passthrough. Computes: y = scale x; without <c>scale</c> the bytes are copied when the
/// dtype stays the same. Shapes: any.
/// </remarks>
sealed class Passthrough : MergeMethod
{
    static readonly PerModel Scale = new("scale", null, Bounds.Any, "factor of the tensor", optional: true);

    public override MethodSignature Signature { get; } = new(
        "passthrough", "one model's tensors, unchanged or scaled", "mergekit", BaseUse.SoleModel, 1, 1, Scale);

    public override Tensor Merge(MergeInputs x) =>
        x.IsSet(Scale) ? Sum(x.Models * x[Scale]) : Sum(x.Models);
}
