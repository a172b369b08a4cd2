using FastMerge.Primitives;
using static FastMerge.Primitives.Ops;

namespace FastMerge.Methods;

/// <summary>Spherical interpolation between two models, or between their task vectors.</summary>
/// <remarks>
/// Source: mergekit's NuSLERP; Shoemake 1985, Animating rotation with quaternion curves.
/// Computes: t = w_1 / (w_0 + w_1), 1/2 where |w_0 + w_1| is below 1e-6; theta = the angle between a and b (binary64),
/// norms counting as at least 1e-7; y = [sin((1-t) theta) a + sin(t theta) b] / sin theta, (1-t) a + t b where
/// |sin theta| is below 1e-8 or a norm is not finite. With <c>base_model</c> a and b are task vectors and y is
/// added to the base.
/// The vectors are whole tensors; without <c>nuslerp_flatten</c> those along the last axis, and with
/// <c>nuslerp_row_wise</c> those along axis 0, as mergekit has it. A tensor of one axis is one vector.
/// A tensor that only one of the models has is taken as it is.
/// </remarks>
sealed class Nuslerp : MergeMethod
{
    const double NegligibleWeight = 1e-6;
    const double SmallestNorm = 1e-7;
    const double NegligibleSine = 1e-8;

    static readonly PerModel Weight = new("weight", null, Bounds.Any, "weight of the model");
    static readonly Flag Flatten = new("nuslerp_flatten", true, "one angle for the whole tensor");
    static readonly Flag RowWise = new("nuslerp_row_wise", false, "without flatten: along axis 0, not the last");

    public override MethodSignature Signature { get; } = new(
        "nuslerp", "spherical interpolation between two models or their task vectors", "mergekit's NuSLERP",
        BaseUse.Optional, 2, 2, Weight, Flatten, RowWise);

    public override Tensor Merge(MergeInputs x)
    {
        if (x.ModelCount == 1) return Sum(x.Models);
        var scope = x.Is(Flatten) || x.IsVector ? Scope.Tensor : x.Is(RowWise) ? Scope.Column : Scope.Row;
        var vectors = x.HasBase ? x.TaskVectors : x.Models;
        var ends = Scalar.ModelCoefficients(v => Ends(v[0], v[1]), Gram(vectors, scope), x[Weight]);
        var merged = Sum(vectors * ends);
        return x.HasBase ? x.Base + merged : merged;
    }

    static double[] Ends(double[] pairs, double[] weights)
    {
        var sum = weights[0] + weights[1];
        var t = Math.Abs(sum) < NegligibleWeight ? 0.5 : weights[1] / sum;
        var gram = new GramMatrix(pairs, 2);
        var cosine = gram[0, 1] / (Math.Max(gram.Norm(0), SmallestNorm) * Math.Max(gram.Norm(1), SmallestNorm));
        var theta = Math.Acos(Math.Clamp(cosine, -1, 1));
        var sine = Math.Sin(theta);
        return gram.IsFinite && sine >= NegligibleSine
            ? [Math.Sin((1 - t) * theta) / sine, Math.Sin(t * theta) / sine] : [1 - t, t];
    }
}
