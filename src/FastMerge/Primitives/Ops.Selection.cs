namespace FastMerge.Primitives;

/// <summary>Primitives that keep some of the elements.</summary>
static partial class Ops
{
    /// <summary>
    /// Magnitude trim: keeps the floor(density n) largest magnitudes of the tensor, at least one,
    /// equal magnitudes in index order, and zeroes the rest. Density 1 keeps everything.
    /// </summary>
    public static Tensor KeepLargest(Tensor a, Scalar density) =>
        Tensor.Keep(a, new Cut(a, KeptOf(density, Scalar.Floor(density * Scalar.ElementCount)), true));

    /// <summary>
    /// Band trim (Model Breadcrumbs): zeroes the floor(gamma n) largest magnitudes, keeps the floor(density
    /// n) largest of the rest. When both together exceed n, fewer are zeroed at the top. Density 1 keeps
    /// everything, whatever gamma.
    /// </summary>
    public static Tensor KeepBand(Tensor a, Scalar density, Scalar gamma)
    {
        var n = Scalar.ElementCount;
        var kept = Scalar.Floor(density * n);
        var top = Scalar.Min(Scalar.Floor(gamma * n), n - kept);
        return Tensor.Keep(
            a,
            new Cut(a, KeptOf(density, kept + top), true),
            new Cut(a, Scalar.IfLess(density, 1, top, 0), false));
    }

    /// <summary>
    /// Random drop: keeps each element with probability density, by a counter-based generator keyed by
    /// seed, tensor name, model and element index; zeroes the rest.
    /// </summary>
    public static Tensor KeepAtRandom(Tensor a, Scalar density) => Tensor.KeepAtRandom(a, density);

    /// <summary>
    /// The factor that restores the L1 norm after a sparsifier: sum|before| / sum|after|, and 1 where
    /// either sum is below 1e-7.
    /// </summary>
    public static Scalar NormRestoringScale(Tensor before, Tensor after)
    {
        const double Negligible = 1e-7;
        var (full, kept) = (AbsoluteSum(before), AbsoluteSum(after));
        return Scalar.IfLess(Scalar.Min(full, kept), Negligible, 1, full / kept);
    }

    static Scalar KeptOf(Scalar density, Scalar count) =>
        Scalar.IfLess(density, 1, count, Scalar.ElementCount);
}
