namespace FastMerge.Primitives;

/// <summary>Primitives that count, weigh and choose.</summary>
static partial class Ops
{
    /// <summary>y[i] = mask[i] ? 1 : 0.</summary>
    public static Tensor Indicator(Tensor mask) => Tensor.Choose(mask, 1.0, 0.0);

    /// <summary>y[i] = the number of models whose mask is set.</summary>
    public static Tensor Count(Tensor perModelMask) => Sum(Indicator(perModelMask));

    /// <summary>y[i] = a[i] where the mask is set, else 0.</summary>
    public static Tensor Where(Tensor mask, Tensor a) => Tensor.Choose(mask, a, 0.0);

    /// <summary>|a[i]|.</summary>
    public static Tensor Abs(Tensor a) => Tensor.Unary(OpKind.Absolute, a);

    /// <summary>Whether both masks are set.</summary>
    public static Tensor And(Tensor a, Tensor b) => Tensor.Binary(OpKind.And, a, b);

    /// <summary>The mask the other way round.</summary>
    public static Tensor Not(Tensor mask) => Tensor.Unary(OpKind.Not, mask);

    /// <summary>a[i] &gt; b.</summary>
    public static Tensor Above(Tensor a, Scalar b) => Tensor.WithScalar(OpKind.Less, a, b, scalarFirst: true);

    /// <summary>a[i] &gt; b[i].</summary>
    public static Tensor Above(Tensor a, Tensor b) => Tensor.Binary(OpKind.Less, b, a);

    /// <summary>a[i] &gt;= b.</summary>
    public static Tensor AtLeast(Tensor a, Scalar b) => Tensor.WithScalar(OpKind.LessOrEqual, a, b, scalarFirst: true);

    /// <summary>a[i] = b.</summary>
    public static Tensor Equal(Tensor a, Scalar b) => Tensor.WithScalar(OpKind.Equal, a, b);

    /// <summary>a[i] differs from b; a NaN differs from everything.</summary>
    public static Tensor NotEqual(Tensor a, Scalar b) => Tensor.WithScalar(OpKind.NotEqual, a, b);

    /// <summary>The larger of a[i] and b.</summary>
    public static Tensor Max(Tensor a, Scalar b) => Tensor.WithScalar(OpKind.Maximum, a, b);

    /// <summary>The smaller of a[i] and b.</summary>
    public static Tensor Min(Tensor a, Scalar b) => Tensor.WithScalar(OpKind.Minimum, a, b);

    /// <summary>a / b[i], correctly rounded.</summary>
    public static Tensor Divide(Scalar a, Tensor b) => Tensor.WithScalar(OpKind.Divide, b, a, scalarFirst: true);

    /// <summary>a - b[i].</summary>
    public static Tensor Subtract(Scalar a, Tensor b) => Tensor.WithScalar(OpKind.Subtract, b, a, scalarFirst: true);

    /// <summary>The value, and NaN where <paramref name="total"/> is NaN.</summary>
    public static Tensor OrNaN(Tensor value, Tensor total) =>
        Tensor.Choose(Tensor.Binary(OpKind.Equal, total, total), value, total);

    /// <summary>
    /// Sum over the models whose weight is not 0: y[i] = sum of w_k a_k[i]. The others are passed over whatever they
    /// hold, and one model of weight 1 gives its numbers exactly, the sign of a zero included.
    /// </summary>
    public static Tensor SumOfChosen(Tensor perModel, Scalar weights) => Sum(Chosen(perModel, weights));

    /// <summary>y[i] = w a[i], and -0, which adds nothing, where the weight is 0.</summary>
    public static Tensor Chosen(Tensor a, Scalar weight)
    {
        // A sign is +1 or -1 whatever the element: at most 1 always, at most -2 never.
        var border = Scalar.IfLess(0, weight * weight, 1, -2);
        var isChosen = Tensor.WithScalar(OpKind.LessOrEqual, ElectSign(a), border);
        return Tensor.Choose(isChosen, a * weight, Scalar.Coefficients(_ => -0.0));
    }

    /// <summary>Sum of the elements over a scope, binary64; of an indicator, a count.</summary>
    public static Scalar Total(Tensor a, Scope scope = Scope.Tensor) =>
        Scalar.Of(new Reduction(ReductionKind.Sum, scope, a));

    /// <summary>
    /// N^2 times the population variance over the N models, for comparing variances: y[i] = N sum of e_k^2 - (sum of
    /// e_k)^2, e_k being a_k[i] less one of the a_k[i], so that it is 0 just where all are equal. Binary32.
    /// </summary>
    public static Tensor Dispersion(Tensor perModel)
    {
        var shifted = perModel - LargestMagnitude(perModel);
        var sum = Sum(shifted);
        return Scalar.ModelCount * Sum(shifted * shifted) - sum * sum;
    }

    /// <summary>Keeps a number of largest magnitudes, equal ones in index order; zeroes the rest.</summary>
    public static Tensor KeepCount(Tensor a, Scalar count) => Tensor.Keep(a, new Cut(a, count, false));

    /// <summary>
    /// Disjoint weighted mean: sum of the w_k a_k[i] whose sign is the elected one, divided by the sum of their
    /// weights, which counts as at least <paramref name="smallestDivisor"/>.
    /// </summary>
    public static Tensor WeightedMeanOfSign(Tensor perModel, Scalar weights, Tensor elected, double smallestDivisor)
    {
        var agreeing = Agrees(perModel, elected);
        var sum = Sum(Where(agreeing, perModel * weights));
        return sum / Max(Sum(Tensor.Choose(agreeing, weights, 0.0)), smallestDivisor);
    }

    /// <summary>
    /// TALL mask (Wang et al. 2024): whether a model's own entry outweighs what the others add to the merged one,
    /// |d_k[i]| &gt; lambda_k |m[i] - d_k[i]|.
    /// </summary>
    public static Tensor TallMask(Tensor perModel, Tensor merged, Scalar lambda) =>
        Above(Abs(perModel), Abs(merged - perModel) * lambda);

    /// <summary>
    /// The factor that makes up for a random drop: "l1" restores the norm, "density" the expected value; 1 for null.
    /// </summary>
    public static Scalar DropScale(Tensor before, Tensor after, Scalar density, string? rescaleBy) => rescaleBy switch
    {
        "l1" => NormRestoringScale(before, after),
        "density" => ExpectationRestoringScale(density),
        _ => 1,
    };

    /// <summary>1 / density, which restores the expected value after a random drop; 1 where all is dropped.</summary>
    static Scalar ExpectationRestoringScale(Scalar density) => Scalar.IfLess(0, density, 1 / density, 1);
}
