using FastMerge.Primitives;
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
    static readonly PerModel Weight = new("weight", null, Bounds.Any, "weight of the task vector");
    static readonly PerModel Density = new("density", 1, Bounds.UnitInterval, "fraction of entries kept by magnitude");
    static readonly Choice Over = new("scope", ["tensor", "model"], "over which entries the trim ranks magnitudes");
    static readonly Global Lambda = new("lambda", 1, Bounds.Any, "factor of the merged task vector");
    static readonly Flag Normalize = new("normalize", true, "divide by the weights that agree");
    static readonly Flag Rescale = new("rescale", false, "restore the L1 norm after the trim");
    static readonly Flag Int8Mask = new("int8_mask", false, "accepted; results do not depend on it")
    {
        Ignored = true,
    };

    public override MethodSignature Signature { get; } = new(
        "ties", "trims task vectors, elects signs, averages what agrees",
        "Yadav et al. 2023, arXiv:2306.01708, Algorithm 1",
        BaseUse.Required, 1, Unlimited, Weight, Density, Over, Lambda, Normalize, Rescale, Int8Mask);

    public override Tensor Merge(MergeInputs x)
    {
        var scope = x[Over] == "model" ? Scope.Model : Scope.Tensor;
        var kept = KeepLargest(x.TaskVectors, x[Density], scope);
        var scale = x.Is(Rescale) ? NormRestoringScale(x.TaskVectors, kept, scope) : 1;
        var weighted = kept * (x[Weight] * scale);
        var total = Sum(weighted);
        var merged = x.Is(Normalize)
            ? MeanOfSign(weighted, ElectSign(total), total, x[Weight])
            : SumOfSign(weighted, ElectSign(total), total);
        return x.Base + x[Lambda] * merged;
    }
}
