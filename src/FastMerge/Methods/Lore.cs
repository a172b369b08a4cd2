using FastMerge.Primitives;
using FastMerge.Primitives.Matrices;
using static FastMerge.Primitives.CommonParameters;

namespace FastMerge.Methods;

/// <summary>LoRE: models as one approximate base plus task vectors of low rank. Experimental.</summary>
/// <remarks>
/// Source: Liu et al. 2025, LoRE-Merging: Exploring Low-Rank Estimation For Large Language Model Merging,
/// arXiv:2502.10749. Experimental: the authors' code was not at hand, so the steps are a reading of the paper.
/// Computes: from d_k = 0, 20 times, x_0 = mean_k(x_k - d_k), d_k = shrink(x_k - x_0), which takes mu from each
/// singular value and drops those below; y = x_0 + lambda mean(d). That is descent by turns on sum_k
/// ||x_0 + d_k - x_k||_F^2 / 2 + mu ||d_k||_*. Vectors: the mean of the models, where the steps lead with lambda = 1.
/// The base takes no part. With lambda = 1 the result is close to the plain mean, by construction; what all models
/// share counts once and what sets them apart counts lambda times. The paper also prints a squared nuclear norm, and
/// merges the d_k by other methods; neither is here. mu is absolute, in units of the weights; mu_relative makes it, for
/// each model, a part of the largest singular value that x_k - mean(x) has.
/// </remarks>
sealed class Lore : MergeMethod
{
    const int Rounds = 20;

    static readonly Global Mu = new("mu", 0.01, Bounds.NotNegative, "what each singular value of a difference loses");
    static readonly Global MuRelative = new(
        "mu_relative", null, Bounds.UnitInterval, "the same as a part of the model's largest one; in place of mu",
        optional: true);

    public override MethodSignature Signature { get; } = new(
        "lore", "models as an approximate base plus low-rank task vectors (experimental)",
        "Liu et al. 2025, arXiv:2502.10749", BaseUse.Ignored, 1, Unlimited,
        Mu, MuRelative, Lambda, Embeddings, Convolutions);

    public override bool UsesMatrices => true;

    public override Tensor Merge(MergeInputs x)
    {
        if (!x.IsMatrix) return Ops.Mean(x.Models);
        var mean = x.Matrix(Ops.Mean(x.Models));
        var thresholds = new Numbers[x.ModelCount];
        var (start, differences) = (mean, Round(x, mean, thresholds));
        for (var round = 1; round < Rounds; round++)
        {
            start = mean - differences;
            differences = Round(x, start, thresholds);
        }
        return Tensor.Of(start) + x[Lambda] * Tensor.Of(differences);
    }

    /// <summary>The mean of all differences from a start, shrunk.</summary>
    static Matrix Round(MergeInputs x, Matrix start, Numbers[] thresholds)
    {
        Matrix? sum = null;
        for (var k = 0; k < thresholds.Length; k++)
        {
            var difference = x.Matrix(x.Models, k) - start;
            var isFirst = thresholds[k] is null;
            var isRelative = isFirst && x.IsSet(MuRelative);
            Numbers threshold = isRelative ? x[MuRelative] : isFirst ? x[Mu] : thresholds[k];
            var leading = MatrixOps.Leading(
                difference, difference.Side,
                (s, o) => new(SpectralRules.CountAbove(s, isRelative ? s[0] * o[0][0] : o[0][0])), threshold);
            thresholds[k] = isRelative ? threshold * leading.Spectrum[0] : threshold;
            var shrunk = leading.Product(
                Numbers.From(v => [.. v[0].Select(s => s - v[1][0])], leading.Values, thresholds[k]));
            sum = MatrixOps.Accumulate(sum, 1.0 / thresholds.Length, shrunk);
        }
        return sum!;
    }
}
