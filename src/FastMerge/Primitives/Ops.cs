namespace FastMerge.Primitives;

/// <summary>Element-wise and model-wise primitives, in the field's words.</summary>
static partial class Ops
{
    /// <summary>Sum over the models. Computes: y[i] = a_0[i] + a_1[i] + ..., binary32, model order.</summary>
    public static Tensor Sum(Tensor perModel) => Tensor.SumOverModels(perModel);

    /// <summary>Mean over the models.</summary>
    public static Tensor Mean(Tensor perModel) => Sum(perModel) / Scalar.ModelCount;

    /// <summary>
    /// The value of largest magnitude among the models, with its sign; of equal magnitudes the last model's, NaN
    /// before anything else.
    /// </summary>
    public static Tensor LargestMagnitude(Tensor perModel) =>
        Tensor.FoldOverModels(OpKind.LargestMagnitude, perModel);

    /// <summary>The largest value among the models; NaN where any is.</summary>
    public static Tensor LargestOfModels(Tensor perModel) => Tensor.FoldOverModels(OpKind.LargestOfModels, perModel);

    /// <summary>y[i] = e^a[i], within 1 unit in the last place.</summary>
    public static Tensor Exp(Tensor a) => Tensor.Unary(OpKind.Exp, a);

    /// <summary>y[i] = log a[i], within 1 unit in the last place; -Inf at 0, NaN below.</summary>
    public static Tensor Log(Tensor a) => Tensor.Unary(OpKind.Log, a);

    /// <summary>y[i] = tanh a[i], within 1.5 units in the last place.</summary>
    public static Tensor Tanh(Tensor a) => Tensor.Unary(OpKind.Tanh, a);

    /// <summary>
    /// Sign election by weighted sum. Computes: y[i] = s[i] >= 0 ? +1 : -1. A zero sum elects plus, as
    /// mergekit does; a NaN elects minus.
    /// </summary>
    public static Tensor ElectSign(Tensor sum) => Tensor.Unary(OpKind.Sign, sum);

    /// <summary>
    /// Disjoint sum: y[i] = sum of the a_k[i] whose sign is the one that their sum over the models elects. Zeros agree
    /// with neither sign; a NaN in any model gives NaN. As a mean it is divided by the sum of the weights of the models
    /// that agree; where none does, or their weights cancel to zero, by 1.
    /// </summary>
    public static Tensor ElectedSum(Tensor perModel, Scalar weights, bool isMean)
    {
        var total = Sum(perModel);
        var agreeing = Agrees(perModel, ElectSign(total));
        var sum = Sum(Tensor.Choose(agreeing, perModel, 0.0));
        if (!isMean) return OrNaN(sum, total);
        var divisor = Sum(Tensor.Choose(agreeing, weights, 0.0));
        var isZero = Tensor.WithScalar(OpKind.Equal, divisor, 0.0);
        return OrNaN(sum / ChooseScalarFirst(isZero, 1.0, divisor), total);
    }

    /// <summary>
    /// The a_k[i] whose sign is that of their sum over the models, or, where that is zero, the one that most sums of
    /// the tensor have, plus if as many have minus; 0 for others. All of them where <paramref name="elects"/> is 0, not
    /// 1.
    /// </summary>
    public static Tensor AgreeingWithMajority(Tensor perModel, Scalar elects)
    {
        var total = Sum(perModel);
        var sign = Indicator(Above(total, 0)) - Indicator(Tensor.WithScalar(OpKind.Less, total, 0.0));
        var majority = Scalar.IfLess(Total(sign), 0, -1, 1);
        var elected = sign + Tensor.Choose(Equal(total, 0), majority, 0.0);
        var isTakenAnyway = Above(Abs(perModel) * (1 - elects), 0);
        return Where(Tensor.Binary(OpKind.Or, Agrees(perModel, elected), isTakenAnyway), perModel);
    }

    /// <summary>Dot product over a scope, binary64.</summary>
    public static Scalar Dot(Tensor a, Tensor b, Scope scope = Scope.Tensor) =>
        Scalar.Of(new Reduction(ReductionKind.Dot, scope, a, b));

    /// <summary>Sum of magnitudes over a scope, binary64.</summary>
    public static Scalar AbsoluteSum(Tensor a, Scope scope = Scope.Tensor) =>
        Scalar.Of(new Reduction(ReductionKind.AbsoluteSum, scope, a));

    /// <summary>All dot products a_i . a_j, i &lt;= j, of the models' tensors over a scope, binary64.</summary>
    public static Scalar Gram(Tensor perModel, Scope scope = Scope.Tensor) =>
        Scalar.Of(new Reduction(ReductionKind.Gram, scope, perModel));

    /// <summary>The largest value over a scope; NaN if any is, -Inf over nothing.</summary>
    public static Scalar Largest(Tensor a, Scope scope = Scope.Tensor) =>
        Scalar.Of(new Reduction(ReductionKind.Maximum, scope, a));

    /// <summary>The smallest value over a scope; NaN if any is, Inf over nothing.</summary>
    public static Scalar Smallest(Tensor a, Scope scope = Scope.Tensor) =>
        0 - Largest(Tensor.Unary(OpKind.Negate, a), scope);

    /// <summary>
    /// Sum of the models' weights as a divisor; 1 where its magnitude is below 1e-8.
    /// </summary>
    public static Scalar WeightSum(Scalar weights)
    {
        const double Negligible = 1e-8;
        var sum = Scalar.SumOverModels(weights);
        return Scalar.IfLess(Scalar.Max(sum, 0 - sum), Negligible, 1, sum);
    }

    /// <summary>
    /// The factor of a plain sum of task vectors: lambda, divided by the <see cref="WeightSum"/> if normalized.
    /// </summary>
    public static Scalar SumFactor(Scalar lambda, Scalar weights, bool normalizes) =>
        normalizes ? lambda / WeightSum(weights) : lambda;

    static Tensor Agrees(Tensor perModel, Tensor elected) => Tensor.Binary(OpKind.Agrees, perModel, elected);

    static Tensor ChooseScalarFirst(Tensor mask, Scalar then, Tensor otherwise) =>
        Tensor.Choose(Tensor.Unary(OpKind.Not, mask), otherwise, then);
}
