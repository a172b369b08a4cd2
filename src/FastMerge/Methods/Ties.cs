using FastMerge.Primitives;
using static FastMerge.Primitives.CommonParameters;
using static FastMerge.Primitives.Ops;

namespace FastMerge.Methods;

/// <summary>
/// TIES-Merging: trims each task vector to its largest entries, elects one sign for each coordinate,
/// and averages the entries that agree with it.
/// </summary>
/// <remarks>
/// Source: Yadav et al. 2023, arXiv:2306.01708, Algorithm 1.
/// Computes: d_k = keep the floor(density n) largest of x_k - b; e = sign of sum_k w_k d_k;
/// y = b + lambda mean of the w_k d_k whose sign is e, weights as divisor. Shapes: any.
/// Election: task vectors are weighted first, so a negative weight flips its vote; a sum of zero elects
/// plus; zeros never agree. A NaN in any task vector gives NaN.
/// The trim is by tensor, as in mergekit; with <c>scope: model</c> over all entries of the model, as in the paper,
/// whose rule for sums of zero (the sign that most entries of the model elect) is not followed.
/// </remarks>
sealed class Ties : MergeMethod
{
    static readonly PerModel Density = new("density", 1, Bounds.UnitInterval, "fraction of entries kept by magnitude");
    static readonly Choice Over = new("scope", ["tensor", "model"], "over which entries the trim ranks magnitudes");
    static readonly Flag Normalize = new("normalize", true, "divide by the weights that agree");

    public override MethodSignature Signature { get; } = new(
        "ties", "trims task vectors, elects signs, averages what agrees",
        "Yadav et al. 2023, arXiv:2306.01708, Algorithm 1",
        BaseUse.Required, 1, Unlimited, Weight, Density, Over, Lambda, Normalize, RescaleTrim, Int8Mask);

    public override Tensor Merge(MergeInputs x)
    {
        var scope = x[Over] == "model" ? Scope.Model : Scope.Tensor;
        var kept = KeepLargest(x.TaskVectors, x[Density], scope);
        var scale = x.Is(RescaleTrim) ? NormRestoringScale(x.TaskVectors, kept, scope) : 1;
        var weighted = kept * (x[Weight] * scale);
        var merged = ElectedSum(weighted, x[Weight], x.Is(Normalize));
        return x.Base + x[Lambda] * merged;
    }
}
