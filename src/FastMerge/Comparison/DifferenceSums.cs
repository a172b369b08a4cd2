using FastMerge.Plan;
using FastMerge.Primitives;

namespace FastMerge.Comparison;

/// <summary>
/// The sums that a comparison of two tensors needs, as one reduction pass: the first model is the base, the second
/// the only model.
/// </summary>
static class DifferenceSums
{
    static readonly Scalar[] Wanted = Write();

    /// <summary>The work of every tensor that is compared.</summary>
    public static TensorWork Work { get; } = new(
        // What would be stored only makes the sums needed; it is never computed.
        TensorPasses.Cut(Ops.Sum(Tensor.Models() * Wanted.Aggregate((a, b) => a + b))),
        new(new Dictionary<Parameter, double[]>(), MethodSwitches.None), null, new("", "diff"));

    /// <summary>The pass.</summary>
    public static ReducePass Pass { get; } = (ReducePass)Work.Passes.Before.Single();

    /// <summary>The numbers of a tensor.</summary>
    /// <param name="elements">Its elements.</param>
    /// <param name="sums">What the pass found.</param>
    public static DiffNumbers Numbers(long elements, double[] sums)
    {
        var found = Wanted.Select(w => sums[Index(w.Reduction!)]).ToArray();
        return Numbers(elements, found[0], found[1], found[2], found[3], found[4], found[5], found[6]);
    }

    /// <summary>The numbers of several tensors as if they were one; sums are added in order.</summary>
    public static DiffNumbers Total(IEnumerable<(long Elements, double[] Sums)> tensors)
    {
        var (total, elements) = (new double[Wanted.Length], 0L);
        foreach (var (count, sums) in tensors)
        {
            elements += count;
            for (var i = 0; i < total.Length; i++)
            {
                var value = sums[Index(Wanted[i].Reduction!)];
                total[i] = i == 6 ? Math.Max(total[i], value) : total[i] + value;
            }
        }
        return Numbers(elements, total[0], total[1], total[2], total[3], total[4], total[5], total[6]);
    }

    /// <summary>a.a, b.b, d.d, a.b, how many elements changed, how many are not finite, the largest |d|.</summary>
    static Scalar[] Write()
    {
        var (first, second) = (Tensor.Base(), Tensor.Models());
        // x - x is 0 for finite x only.
        var isFinite = Tensor.Binary(OpKind.And, IsZero(first - first), IsZero(second - second));
        var (a, b) = (Tensor.Choose(isFinite, first, 0.0), Tensor.Choose(isFinite, second, 0.0));
        var difference = b - a;
        var bothNaN = Tensor.Binary(OpKind.And, Differ(first, first), Differ(second, second));
        var changed = Tensor.Binary(OpKind.And, Differ(first, second), Tensor.Unary(OpKind.Not, bothNaN));
        return
        [
            Ops.Dot(a, a), Ops.Dot(b, b), Ops.Dot(difference, difference), Ops.Dot(a, b), Count(changed),
            Count(Tensor.Unary(OpKind.Not, isFinite)), Ops.Largest(Tensor.Unary(OpKind.Absolute, difference)),
        ];
    }

    static DiffNumbers Numbers(
        long elements, double aa, double bb, double dd, double ab, double changed, double nonFinite, double largest) =>
        new()
        {
            Elements = elements,
            Changed = (long)changed,
            NonFinite = (long)nonFinite,
            FirstNorm = Math.Sqrt(aa),
            SecondNorm = Math.Sqrt(bb),
            DifferenceNorm = Math.Sqrt(dd),
            Cosine = aa > 0 && bb > 0 ? Math.Clamp(ab / (Math.Sqrt(aa) * Math.Sqrt(bb)), -1, 1) : null,
            LargestDifference = Math.Max(0, largest),
        };

    static int Index(Reduction reduction) => Pass.Reductions.TakeWhile(r => r != reduction).Count();

    static Tensor IsZero(Tensor a) => Tensor.WithScalar(OpKind.Equal, a, 0.0);

    static Tensor Differ(Tensor a, Tensor b) => Tensor.Binary(OpKind.NotEqual, a, b);

    static Scalar Count(Tensor mask) =>
        Scalar.Of(new Reduction(ReductionKind.Sum, Scope.Tensor, Tensor.Choose(mask, 1.0, 0.0)));
}
