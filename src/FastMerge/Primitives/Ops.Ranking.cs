namespace FastMerge.Primitives;

/// <summary>Primitives of ranks and quantiles.</summary>
static partial class Ops
{
    /// <summary>
    /// Value number floor(fraction (n - 1)), from 0, of the sorted magnitudes of the tensor or of the model.
    /// </summary>
    public static Scalar Quantile(Tensor a, double fraction, Scope scope = Scope.Tensor)
    {
        var n = CountOf(scope);
        return Scalar.Of(new Cut(a, n - Scalar.Floor(fraction * (n - 1)), false, scope));
    }

    /// <summary>
    /// Softmax over a scope: y[i] = exp(a[i] - m) / sum of exp(a[j] - m), m being the largest, the sum in binary64.
    /// </summary>
    public static Tensor Softmax(Tensor a, Scope scope)
    {
        var powers = Exp(Subtract(a, Largest(a, scope)));
        return powers / Total(powers, scope);
    }

    /// <summary>
    /// The probability that grows with the rank of a magnitude in its row, from density - epsilon for the smallest to
    /// density + epsilon for the largest; 1 at density 1, 0 at density 0, and density in a row of one element.
    /// </summary>
    static Tensor RankedProbability(Tensor a, Scalar density, Scalar epsilon)
    {
        var isRanked = Scalar.Min(IsBelow(1, Scalar.RowLength), Scalar.Min(IsBelow(density, 1), IsBelow(0, density)));
        var half = isRanked * epsilon;
        var step = 2 * half / Scalar.Max(Scalar.RowLength - 1, 1);
        return Add(Subtract(RowRank(a), 1) * step, density - half);
    }

    /// <summary>
    /// The drop of DELLA: keeps each element with its <see cref="RankedProbability"/>, and what makes up for the drop:
    /// a factor ("l1", the norm), a division of each element by its probability ("density"), or nothing (null).
    /// </summary>
    public static (Tensor Kept, Scalar Scale) DropByRank(Tensor a, Scalar density, Scalar epsilon, string? rescaleBy)
    {
        var probability = RankedProbability(a, density, epsilon);
        var kept = KeepAtRandom(a, probability);
        return rescaleBy switch
        {
            "l1" => (kept, NormRestoringScale(a, kept)),
            "density" => (DivideKept(kept, probability), 1),
            _ => (kept, 1),
        };
    }

    /// <summary>What is wrong with densities and half ranges whose probabilities are not all inside 0 .. 1.</summary>
    public static string? RankedProbabilityComplaint(double[] density, double[] epsilon)
    {
        var wrong = Array.FindIndex(
            [.. density.Zip(epsilon, (d, e) => d is > 0 and < 1 && !(d - e > 0 && d + e < 1))], isWrong => isWrong);
        if (wrong < 0) return null;
        var (mean, half) = (density[wrong], epsilon[wrong]);
        return FormattableString.Invariant($"'density' {mean} with 'epsilon' {half} gives probabilities outside 0 to 1")
            + "; accepted: density - epsilon above 0 and density + epsilon below 1";
    }

    /// <summary>a[i] / p[i] for elements kept with probability p; dropped ones stay 0.</summary>
    static Tensor DivideKept(Tensor kept, Tensor probability)
    {
        const double Smallest = 1e-9;
        return kept / Max(probability, Smallest);
    }

    /// <summary>a[i] + b.</summary>
    public static Tensor Add(Tensor a, Scalar b) => Tensor.WithScalar(OpKind.Add, a, b);

    /// <summary>a[i] - b.</summary>
    public static Tensor Subtract(Tensor a, Scalar b) => Tensor.WithScalar(OpKind.Subtract, a, b);

    /// <summary>1 / a for a positive number, else 0.</summary>
    public static Scalar InverseOrZero(Scalar a) => Scalar.IfLess(0, a, 1 / a, 0);

    static Scalar IsBelow(Scalar a, Scalar b) => Scalar.IfLess(a, b, 1, 0);
}
