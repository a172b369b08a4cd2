using FastMerge.Primitives;
using static FastMerge.Primitives.Ops;

namespace FastMerge.Methods;

/// <summary>Assembly of Experts: builds a model from parents by classes of tensors.</summary>
/// <remarks>
/// Source: Klagges et al. 2025, Assembly of Experts, arXiv:2506.14794.
/// Computes: y = (1 - sum_k w_k) b + sum_k w_k x_k, the base parent being <c>base_model</c>; filters and rules give the
/// weights by class of tensor. With <c>threshold</c> only where some parent differs from the base by more than it, the
/// difference of a tensor being |x_k - b| / sqrt(n) (<c>rms</c>) or |x_k - b| / |b| (<c>rel</c>), else y = b.
/// Shapes: any. Parents of weight 0 are passed over whatever they hold: weights 0 and 1 give that parent's numbers
/// exactly, NaN bits aside. A remainder of the base below 1e-9 is 0. The paper does not say how differences are
/// normalized for size; both ways are offered.
/// </remarks>
sealed class AssemblyOfExperts : MergeMethod
{
    const double NegligibleRemainder = 1e-9;

    static readonly PerModel Weight = new("weight", 0, Bounds.Any, "share of the parent");
    static readonly Global Threshold =
        new("threshold", null, Bounds.NotNegative, "difference up to which a tensor stays the base's", optional: true);
    static readonly Choice Difference = new("difference", ["rms", "rel"], "how the difference of a tensor is measured");

    public override MethodSignature Signature { get; } = new(
        "assembly_of_experts", "parents' tensors, mixed by class of tensor", "Klagges et al. 2025, arXiv:2506.14794",
        BaseUse.Required, 1, Unlimited, Weight, Threshold, Difference);

    public override Tensor Merge(MergeInputs x)
    {
        var weights = x[Weight];
        if (x.IsSet(Threshold))
        {
            var size = x[Difference] == "rel" ? Dot(x.Base, x.Base) : Scalar.ElementCount;
            weights = Scalar.ModelCoefficients(
                v => v[1].Max(d => Math.Sqrt(d / v[2][0])) > v[3][0] ? v[0] : new double[v[0].Length],
                weights, Dot(x.TaskVectors, x.TaskVectors), size, x[Threshold]);
        }
        var rest = Scalar.Coefficients(v => Math.Abs(1 - v[0][0]) < NegligibleRemainder ? 0 : 1 - v[0][0],
            Scalar.SumOverModels(weights));
        return Chosen(x.Base, rest) + SumOfChosen(x.Models, weights);
    }
}
