using FastMerge.Primitives;
using static FastMerge.Primitives.Ops;

namespace FastMerge.Methods;

/// <summary>Average of the checkpoints of one training run, oldest first.</summary>
/// <remarks>
/// Source: Li et al. 2025, Model Merging in Pre-training of Large Language Models, arXiv:2505.12082.
/// Computes: y = sum_k w_k x_k / sum_k w_k over checkpoints k = 1 .. N; <c>sma</c>: w_k = 1; <c>wma</c>: w_k = k;
/// <c>ema</c>: the running average m = alpha x_k + (1 - alpha) m that starts at x_1, so w_k = alpha (1 - alpha)^(N-k)
/// and w_1 = (1 - alpha)^(N-1). Shapes: any. A configured base that is not listed takes no part.
/// </remarks>
sealed class CheckpointAverage : MergeMethod
{
    static readonly Choice Average = new("average", ["sma", "wma", "ema"], "equal, rising or exponential weights");
    static readonly Global Alpha =
        new("alpha", null, Bounds.UnitInterval, "share of the newest checkpoint, for ema", optional: true);

    public override MethodSignature Signature { get; } = new(
        "checkpoint_average", "average of a run's checkpoints, oldest first", "Li et al. 2025, arXiv:2505.12082",
        BaseUse.Ignored, 1, Unlimited, Average, Alpha);

    public override Tensor Merge(MergeInputs x)
    {
        var weights = (x[Average], x.IsSet(Alpha)) switch
        {
            ("ema", true) => Scalar.ModelCoefficients(
                v => Exponential((int)v[0][0], v[1][0]), Scalar.ModelCount, x[Alpha]),
            ("wma", _) => Weights(k => k),
            _ => Weights(_ => 1),
        };
        return Sum(x.Models * weights) / Scalar.SumOverModels(weights);
    }

    public override string? Complaint(MethodSwitches switches, Func<Parameter, double[]> values) =>
        (switches.WordOf(Average) == "ema", switches.IsOn(Alpha)) switch
        {
            (true, false) => "average 'ema' needs parameter 'alpha'",
            (false, true) => "parameter 'alpha' is for average 'ema'",
            _ => null,
        };

    static Scalar Weights(Func<int, double> ofNumber) => Scalar.ModelCoefficients(
        v => [.. Enumerable.Range(1, (int)v[0][0]).Select(ofNumber)], Scalar.ModelCount);

    static double[] Exponential(int count, double alpha) => [.. Enumerable.Range(1, count).Select(
        k => Math.Pow(1 - alpha, count - k) * (k == 1 ? 1 : alpha))];
}
