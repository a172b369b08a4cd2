using FastMerge.Primitives;
using static FastMerge.Primitives.Ops;

namespace FastMerge.Tests.Merging;

/// <summary>Drops entries of task vectors with a probability that their rank in the row gives.</summary>
sealed class RankedDrop : MergeMethod
{
    public override MethodSignature Signature { get; } = new("ranked_drop", "", "", BaseUse.Required, 1, Unlimited);

    public override Tensor Merge(MergeInputs x)
    {
        var density = Tensor.WithScalar(OpKind.Add, RowRank(x.TaskVectors) * (0.6 / Scalar.RowLength), 0.2);
        var kept = KeepAtRandom(x.TaskVectors, density);
        return x.Base + Sum(kept * NormRestoringScale(x.TaskVectors, kept));
    }
}

/// <summary>Trims rows, and ranks what was trimmed.</summary>
sealed class RowTrim : MergeMethod
{
    public override MethodSignature Signature { get; } = new("row_trim", "", "", BaseUse.Required, 1, Unlimited);

    public override Tensor Merge(MergeInputs x)
    {
        var band = KeepBand(x.TaskVectors, 0.5, 0.1, Scope.Row);
        var again = KeepLargest(band, 0.3, Scope.Row);
        return x.Base + LargestMagnitude(KeepLargest(x.TaskVectors, 0.3, Scope.Row) + again) + RowRank(x.Base) * 1e-6;
    }
}

/// <summary>Weighs task vectors by what their columns hold.</summary>
sealed class ColumnWeights : MergeMethod
{
    public override MethodSignature Signature { get; } = new("column_weights", "", "", BaseUse.Required, 1, Unlimited);

    public override Tensor Merge(MergeInputs x)
    {
        var squares = Dot(x.TaskVectors, x.TaskVectors, Scope.Column);
        var shares = squares / (Scalar.SumOverModels(squares) + 1e-9);
        var gram = Scalar.Coefficients(v => v[0].Sum(), Gram(x.TaskVectors, Scope.Column));
        var weighted = x.TaskVectors * shares;
        var total = AbsoluteSum(weighted);
        return x.Base * Largest(x.Base, Scope.Column) + Sum(weighted / total) * gram
            + LargestOfModels(x.Models * Smallest(x.Models));
    }
}

/// <summary>Ranks products of elements and a softmax by row over the whole tensor.</summary>
sealed class RowSoftmax : MergeMethod
{
    public override MethodSignature Signature { get; } = new("row_softmax", "", "", BaseUse.Required, 1, Unlimited);

    public override Tensor Merge(MergeInputs x)
    {
        var powers = Exp(Tensor.WithScalar(OpKind.Subtract, x.Models, Largest(x.Models, Scope.Row)));
        var sum = Scalar.Of(new Reduction(ReductionKind.Sum, Scope.Row, powers));
        var importance = Log(powers / sum) * x.TaskVectors;
        var (cut, all) = (new Cut(importance, Scalar.Floor(Scalar.ElementCount * 0.4), true),
            new Cut(importance, Scalar.ElementCount, false));
        var kept = Tensor.Keep(importance, cut) * (1 / (1 + AbsoluteSum(importance)));
        return x.Base + Sum(Tanh(kept) + importance * (Scalar.Of(cut) + Scalar.Of(all)));
    }
}
