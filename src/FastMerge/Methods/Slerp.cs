using FastMerge.Primitives;
using static FastMerge.Primitives.Ops;

namespace FastMerge.Methods;

/// <summary>Spherical linear interpolation between the base model and one other model.</summary>
/// <remarks>
/// Source: Shoemake 1985, Animating rotation with quaternion curves, as mergekit applies it to weights.
/// Computes: c = cosine of b and x as whole-tensor vectors (binary64), a norm of at most 1e-8 counting as 1;
/// with |c| > 0.9995 or a NaN: y = (1 - t) b + t x; else theta = acos c,
/// y = [sin((1-t) theta) b + sin(t theta) x] / sin theta. t = 0 gives the base. Shapes: any.
/// </remarks>
sealed class Slerp : MergeMethod
{
    const double NearlyParallel = 0.9995;
    const double NegligibleNorm = 1e-8;

    static readonly Global T = new("t", null, Bounds.Any, "position: 0 is the base, 1 the other model");

    public override MethodSignature Signature { get; } = new(
        "slerp", "spherical interpolation between base and one model", "Shoemake 1985, SIGGRAPH",
        BaseUse.EndPoint, 1, 1, T);

    public override Tensor Merge(MergeInputs x)
    {
        Scalar[] facts = [Dot(x.Base, x.Base), Dot(x.Base, x.Models), Dot(x.Models, x.Models), x[T]];
        return x.Base * Scalar.Coefficients(v => Ends(v).Base, facts)
            + Sum(x.Models) * Scalar.Coefficients(v => Ends(v).Other, facts);
    }

    static (double Base, double Other) Ends(IReadOnlyList<double[]> facts)
    {
        var (bb, bx, xx, t) = (facts[0][0], facts[1][0], facts[2][0], facts[3][0]);
        var (baseNorm, otherNorm) = (Math.Sqrt(bb), Math.Sqrt(xx));
        var cosine = bx / (Unit(baseNorm) * Unit(otherNorm));
        if (!(Math.Abs(cosine) <= NearlyParallel)) return (1 - t, t);
        var theta = Math.Acos(cosine);
        return (Math.Sin(theta - theta * t) / Math.Sin(theta), Math.Sin(theta * t) / Math.Sin(theta));
    }

    static double Unit(double norm) => norm > NegligibleNorm ? norm : 1;
}
