using FastMerge.Primitives;
using static FastMerge.Primitives.Ops;

namespace FastMerge.Methods;

/// <summary>Karcher mean: the point of the unit sphere nearest to all models, of their mean length.</summary>
/// <remarks>
/// Source: Grove and Karcher 1973, How to conjugate C1-close group actions; weights as in mergekit's karcher.
/// Computes: u_k = x_k / |x_k| for the models longer than tol; u = their mean, normalized (the first u_k where the mean
/// is below tol); up to max_iter times v = mean of (theta_k / sin theta_k) (u_k - cos theta_k u) over those with
/// theta_k of at least tol, u = cos|v| u + sin|v| v / |v|, until |v| is below tol; y = mean_k |x_k| u. Shapes: any; the
/// whole tensor is one vector. A configured base is one more model.
/// The iteration runs on the coefficients of u over the models, in binary64 from the Gram matrix. A u_k opposite to u
/// (sine below 1e-9) has no direction and is passed over. Where a norm is not finite, y is the mean of the models.
/// </remarks>
sealed class Karcher : MergeMethod
{
    const double NegligibleSine = 1e-9;

    static readonly Global MaxIter = new("max_iter", 10, new(0, 1e6, Whole: true), "most steps of the iteration");
    static readonly Global Tol = new("tol", 1e-5, Bounds.NotNegative, "a step shorter than this ends the iteration");

    public override MethodSignature Signature { get; } = new(
        "karcher", "mean of the models' directions on the sphere", "Grove and Karcher 1973, Math. Z. 132",
        BaseUse.Input, 1, Unlimited, MaxIter, Tol);

    public override Tensor Merge(MergeInputs x) => x.ModelCount == 1 ? Sum(x.Models)
        : Sum(x.Models * Scalar.ModelCoefficients(
            v => Mean(new(v[0], (int)v[1][0]), (int)v[2][0], v[3][0]),
            Gram(x.Models), Scalar.ModelCount, x[MaxIter], x[Tol]));

    static double[] Mean(GramMatrix gram, int steps, double tol)
    {
        var models = Enumerable.Range(0, gram.Count).ToArray();
        if (!gram.IsFinite) return [.. models.Select(_ => 1.0 / gram.Count)];
        var valid = models.Where(k => gram.Norm(k) > tol).ToArray();
        if (valid.Length == 0) return new double[gram.Count];
        double Length(double[] c) => Math.Sqrt(Math.Max(gram.Product(c, c), 0));
        double[] Unit(int k) => [.. models.Select(i => i == k ? 1 / gram.Norm(k) : 0)];
        double[] Mix(double a, double[] x, double b, double[] y) => [.. models.Select(i => a * x[i] + b * y[i])];

        var u = valid.Select(Unit).Aggregate(new double[gram.Count], (sum, c) => Mix(1, sum, 1.0 / valid.Length, c));
        var length = Length(u);
        u = length < tol ? Unit(valid[0]) : Mix(1 / length, u, 0, u);
        for (var step = 0; step < steps; step++)
        {
            var v = new double[gram.Count];
            foreach (var c in valid.Select(Unit))
            {
                var cosine = Math.Clamp(gram.Product(u, c), -1, 1);
                var (theta, sine) = (Math.Acos(cosine), Math.Sqrt((1 - cosine) * (1 + cosine)));
                if (theta < tol || sine < NegligibleSine) continue;
                v = Mix(1, v, theta / sine / valid.Length, Mix(1, c, -cosine, u));
            }
            if (Length(v) is var size && size < tol) break;
            u = Mix(Math.Cos(size), u, Math.Sin(size) / size, v);
            if (Length(u) is var drift && drift > tol) u = Mix(1 / drift, u, 0, u);
        }
        return Mix(models.Sum(gram.Norm) / gram.Count, u, 0, u);
    }
}
