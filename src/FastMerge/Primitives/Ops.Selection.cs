namespace FastMerge.Primitives;

/// <summary>Primitives that keep some of the elements.</summary>
static partial class Ops
{
    /// <summary>
    /// Magnitude trim: keeps the floor(density n) largest magnitudes of the tensor or the model, at least one,
    /// equal magnitudes in index order, and zeroes the rest. Density 1 keeps everything.
    /// </summary>
    public static Tensor KeepLargest(Tensor a, Scalar density, Scope scope = Scope.Tensor)
    {
        var n = CountOf(scope);
        return Tensor.Keep(a, new Cut(a, KeptOf(density, Scalar.Floor(density * n), n), true, scope));
    }

    /// <summary>
    /// Band trim (Model Breadcrumbs): zeroes the floor(gamma n) largest magnitudes, keeps the floor(density
    /// n) largest of the rest. When both together exceed n, fewer are zeroed at the top. Density 1 keeps
    /// everything, whatever gamma.
    /// </summary>
    public static Tensor KeepBand(Tensor a, Scalar density, Scalar gamma, Scope scope = Scope.Tensor)
    {
        var n = CountOf(scope);
        var kept = Scalar.Floor(density * n);
        var top = Scalar.Min(Scalar.Floor(gamma * n), n - kept);
        return Tensor.Keep(
            a,
            new Cut(a, KeptOf(density, kept + top, n), true, scope),
            new Cut(a, Scalar.IfLess(density, 1, top, 0), false, scope));
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

    static Scalar CountOf(Scope scope) => scope == Scope.Model ? Scalar.ModelElementCount : Scalar.ElementCount;

    static Scalar KeptOf(Scalar density, Scalar count, Scalar all) => Scalar.IfLess(density, 1, count, all);
}
