namespace FastMerge.Tests.Merging;

/// <summary>
/// The papers' formulas on whole models: all tensors of a scope one after the other as one vector, sorted and summed in
/// binary64. Differences to the base are rounded once to binary32, as ranks of equal magnitudes depend on it.
/// </summary>
/// <param name="Weights">The models' weights.</param>
/// <param name="Densities">The models' densities.</param>
/// <param name="Lambda">The factor of the merged task vector.</param>
sealed record WholeModelOracle(double[] Weights, double[] Densities, double Lambda)
{
    /// <summary>What comes out, and how far binary32 arithmetic may be from it.</summary>
    /// <param name="Values">The merged elements.</param>
    /// <param name="Slack">The distance allowed.</param>
    public sealed record Merged(double[] Values, double[] Slack);

    /// <summary>TIES with weighted task vectors; with rescale the L1 norm before the trim is restored.</summary>
    public Merged Ties(double[] b, double[][] x, bool rescale, bool normalize)
    {
        var d = TaskVectors(b, x);
        for (var k = 0; k < d.Length; k++)
        {
            var kept = Trimmed(d[k], Densities[k]);
            var scale = rescale ? d[k].Sum(Math.Abs) / kept.Sum(Math.Abs) : 1;
            d[k] = [.. kept.Select(e => e * Weights[k] * scale)];
        }
        var (values, slack) = (new double[b.Length], new double[b.Length]);
        for (var i = 0; i < b.Length; i++)
        {
            var (total, size) = (d.Sum(v => v[i]), d.Sum(v => Math.Abs(v[i])));
            var sign = total >= 0 ? 1 : -1;
            int[] agree = [.. Enumerable.Range(0, d.Length).Where(k => Math.Sign(d[k][i]) == sign)];
            var divisor = normalize && agree.Length > 0 ? agree.Sum(k => Weights[k]) : 1;
            values[i] = b[i] + Lambda * agree.Sum(k => d[k][i]) / divisor;
            // Votes that cancel but for rounding may go either way.
            slack[i] = Rounding(values[i])
                + (Math.Abs(total) <= 1e-6 * size ? Lambda * d.Max(v => Math.Abs(v[i])) * 4 / Weights.Min() : 0);
        }
        return new(values, slack);
    }

    /// <summary>Task arithmetic whose weights are the shares of the squared norms.</summary>
    public Merged MetaGpt(double[] b, double[][] x)
    {
        var d = TaskVectors(b, x);
        double[] squares = [.. d.Select(v => v.Sum(e => e * e))];
        return Sum(b, d, [.. squares.Select(s => s / squares.Sum())]);
    }

    /// <summary>Task arithmetic.</summary>
    public Merged TaskArithmetic(double[] b, double[][] x) => Sum(b, TaskVectors(b, x), Weights);

    /// <summary>Parameter competition balancing.</summary>
    public Merged Pcb(double[] b, double[][] x)
    {
        var d = TaskVectors(b, x);
        var scores = Scores(d);
        double[][] shares = [.. scores.Select((s, k) =>
        {
            var (least, most) = (Least(s, k), s.Max());
            return s.Select(e => most > least ? (Math.Max(e, least) - least) / (most - least) : 0).ToArray();
        })];
        (double Least, double Most)[] ranges = [.. scores.Select((s, k) => (Least(s, k), s.Max()))];
        var (values, slack) = (new double[b.Length], new double[b.Length]);
        for (var i = 0; i < b.Length; i++)
        {
            var total = shares.Sum(s => s[i]);
            values[i] = b[i] + Lambda * d.Select((v, k) => Weights[k] * shares[k][i] * v[i]).Sum()
                / Math.Max(total, 1e-12);
            // The rounding of scores, which says much where all shares are as small as that.
            var rounding = ranges.Select((r, k) => (k, r)).Where(e => scores[e.k][i] >= e.r.Least * (1 - 1e-5))
                .Sum(e => 4e-6 * scores[e.k][i] / (e.r.Most - e.r.Least));
            var reach = Lambda * Enumerable.Range(0, d.Length).Max(k => Math.Abs(Weights[k] * d[k][i]));
            slack[i] = Rounding(values[i])
                + (rounding > 0 ? reach * Math.Min(1.01, 2 * rounding / Math.Max(total, 1e-12)) : 0);
        }
        return new(values, slack);
    }

    /// <summary>The magnitudes that PCB clips to, for each model the lower and the upper.</summary>
    public static (double Low, double High)[] Clips(double[] b, double[][] x) => [.. TaskVectors(b, x).Select(Clips)];

    /// <summary>For each model the least score that has a share, and the largest.</summary>
    public (double Least, double Most)[] ScoreRange(double[] b, double[][] x) =>
        [.. Scores(TaskVectors(b, x)).Select((s, k) => (Least(s, k), s.Max()))];

    static double[][] TaskVectors(double[] b, double[][] x) =>
        [.. x.Select(m => m.Zip(b, (e, at) => (double)(float)(e - at)).ToArray())];

    static (double Low, double High) Clips(double[] d)
    {
        double[] sorted = [.. d.Select(Math.Abs).Order()];
        return (sorted[(int)Math.Floor(0.0001 * (d.Length - 1))], sorted[(int)Math.Floor(0.9999 * (d.Length - 1))]);
    }

    static double[][] Scores(double[][] d)
    {
        double[] total = [.. Enumerable.Range(0, d[0].Length).Select(i => d.Sum(v => v[i]))];
        return [.. d.Select(v =>
        {
            var (low, high) = Clips(v);
            return v.Select((e, i) =>
            {
                var within = high > low ? (Math.Clamp(Math.Abs(e), low, high) - low) / (high - low) : 0;
                return Math.Max(0, Math.Exp(d.Length * (within * within - 1)) * Math.Tanh(e * total[i]));
            }).ToArray();
        })];
    }

    double Least(double[] scores, int model) =>
        scores.OrderDescending().ElementAt(Math.Max(1, (int)Math.Floor(Densities[model] * scores.Length)) - 1);

    Merged Sum(double[] b, double[][] d, double[] weights)
    {
        double[] values = [.. b.Select((e, i) => e + Lambda * d.Select((v, k) => weights[k] * v[i]).Sum())];
        return new(values, [.. values.Select(Rounding)]);
    }

    /// <summary>The largest magnitudes, of equal ones the first; the rest 0.</summary>
    static double[] Trimmed(double[] d, double density)
    {
        var kept = new double[d.Length];
        var count = Math.Max(1, (int)Math.Floor(density * d.Length));
        foreach (var i in Enumerable.Range(0, d.Length).OrderByDescending(i => Math.Abs(d[i])).ThenBy(i => i)
            .Take(count)) kept[i] = d[i];
        return kept;
    }

    static double Rounding(double value) => 1e-6 * Math.Max(1, Math.Abs(value));
}
