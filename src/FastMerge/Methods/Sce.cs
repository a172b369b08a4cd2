using FastMerge.Primitives;
using static FastMerge.Primitives.CommonParameters;
using static FastMerge.Primitives.Ops;

namespace FastMerge.Methods;

/// <summary>SCE: selects entries by variance, calculates weights from energies, erases minority signs.</summary>
/// <remarks>
/// Source: Wan et al. 2024, FuseChat, arXiv:2408.07990.
/// Computes: d_k = x_k - b at the floor(select_topk z) entries of largest variance over the models, z of them being
/// not constant, else 0; w_k = mean d_k^2 / sum_j mean d_j^2 (1/N where the sum is below 1e-6 or not finite); e = sign
/// of sum_k d_k; y = b + sum of the w_k d_k whose sign is e / max(sum of their w_k, 1e-6). Shapes: any. Without
/// <c>select_topk</c>, or from 1 on, every entry is selected. Energies are over the whole tensor, zeros included.
/// Election: a sum of zero elects plus; zeros never agree. A NaN in any task vector gives NaN. Where nothing is
/// selected y = b; mergekit then writes a tensor of another shape.
/// </remarks>
sealed class Sce : MergeMethod
{
    const double Negligible = 1e-6;

    static readonly Global SelectTopK =
        new("select_topk", null, Bounds.UnitInterval, "fraction of the varying entries to select", optional: true);

    public override MethodSignature Signature { get; } = new(
        "sce", "selects by variance, weighs by energy, erases minority signs", "Wan et al. 2024, arXiv:2408.07990",
        BaseUse.Required, 1, Unlimited, SelectTopK, Int8Mask);

    public override Tensor Merge(MergeInputs x)
    {
        var all = x.TaskVectors;
        var selected = x.IsSet(SelectTopK) ? Select(all, x[SelectTopK]) : all;
        var energy = Dot(selected, selected) / Scalar.ElementCount;
        var total = Scalar.SumOverModels(energy);
        var equal = 1 / Scalar.ModelCount;
        var weights = Scalar.IfLess(
            total, Negligible, equal, Scalar.IfLess(total, double.PositiveInfinity, energy / total, equal));
        var sum = Sum(selected);
        return x.Base + OrNaN(WeightedMeanOfSign(selected, weights, ElectSign(sum), Negligible), Sum(all));
    }

    static Tensor Select(Tensor perModel, Scalar fraction)
    {
        var variance = Dispersion(perModel);
        var varies = Total(Indicator(NotEqual(variance, 0)));
        var count = Scalar.IfLess(fraction, 1, Scalar.Floor(fraction * varies), Scalar.ElementCount);
        var border = Scalar.IfLess(fraction, 1, 0, -1);
        return Where(Above(KeepCount(variance, count), border), perModel);
    }
}
