namespace FastMerge.Primitives;

/// <summary>Primitives that keep some of the elements.</summary>
static partial class Ops
{
    /// <summary>
    /// Magnitude trim: keeps the floor(density n) largest magnitudes of the tensor, the model or each row, at least
    /// one, and zeroes the rest. Of equal magnitudes the first are kept, in rows the last. Density 1 keeps everything.
    /// </summary>
    public static Tensor KeepLargest(Tensor a, Scalar density, Scope scope = Scope.Tensor)
    {
        if (scope == Scope.Row) return KeepRanks(a, RowKept(density), 0);
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
        if (scope == Scope.Row)
        {
            var rowTop = Scalar.Min(Scalar.Floor(gamma * n), n - RowKept(density));
            return KeepRanks(a, RowKept(density), Scalar.IfLess(density, 1, rowTop, 0));
        }
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
    /// Random drop with a probability of each element: keeps a[i] with probability density[i], by the same random
    /// numbers as <see cref="KeepAtRandom(Tensor, Scalar)"/>; none from 0 down or for NaN, all from 1 up.
    /// </summary>
    public static Tensor KeepAtRandom(Tensor a, Tensor density) => Tensor.KeepAtRandom(a, density);

    /// <summary>
    /// The rank of |a[i]| in its row (the last axis, or a tensor of one axis), 1 for the smallest, equal magnitudes in
    /// index order, NaN last. Rows of at most 2^24 elements.
    /// </summary>
    public static Tensor RowRank(Tensor a) => Tensor.Unary(OpKind.RowRank, a);

    /// <summary>
    /// The factor that restores the L1 norm after a sparsifier: sum|before| / sum|after|, and 1 where
    /// either sum is below 1e-7.
    /// </summary>
    public static Scalar NormRestoringScale(Tensor before, Tensor after, Scope scope = Scope.Tensor)
    {
        const double Negligible = 1e-7;
        var (full, kept) = (AbsoluteSum(before, scope), AbsoluteSum(after, scope));
        return Scalar.IfLess(Scalar.Min(full, kept), Negligible, 1, full / kept);
    }

    /// <summary>Keeps the elements of each row that stand in ranks n - top - kept + 1 to n - top.</summary>
    static Tensor KeepRanks(Tensor a, Scalar kept, Scalar top)
    {
        var rank = RowRank(a);
        var last = Scalar.RowLength - top;
        var isAbove = Tensor.WithScalar(OpKind.Less, rank, last - kept, scalarFirst: true);
        var isBelow = Tensor.WithScalar(OpKind.LessOrEqual, rank, last);
        return Tensor.Choose(Tensor.Binary(OpKind.And, isAbove, isBelow), a, 0.0);
    }

    /// <summary>How many elements of a row are kept, at least one.</summary>
    static Scalar RowKept(Scalar density) => Scalar.Max(
        1, KeptOf(density, Scalar.Floor(density * Scalar.RowLength), Scalar.RowLength));

    /// <summary>The number of elements of the tensor or of the model.</summary>
    public static Scalar CountOf(Scope scope) => scope switch
    {
        Scope.Tensor => Scalar.ElementCount,
        Scope.Model => Scalar.ModelElementCount,
        Scope.Row => Scalar.RowLength,
        _ => throw new ArgumentException($"no trim by {scope}", nameof(scope)),
    };

    static Scalar KeptOf(Scalar density, Scalar count, Scalar all) => Scalar.IfLess(density, 1, count, all);
}
