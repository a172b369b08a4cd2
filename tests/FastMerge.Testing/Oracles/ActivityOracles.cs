namespace FastMerge.Testing.Oracles;

/// <summary>The methods that decide entry by entry who takes part: by change, by variance, by nearness.</summary>
public static class ActivityOracles
{
    /// <summary>w x + (1 - w) b with w = t / |b - x|, cut to 0 .. 1.</summary>
    public static double[] Nearswap(double[] b, double[][] models, OracleParameters p) =>
        [.. b.Zip(models.Single(), (from, to) =>
        {
            var share = Math.Clamp(p.T / Math.Max(Math.Abs(from - to), 1e-6), 0, 1);
            return share * to + (1 - share) * from;
        })];

    /// <summary>The mean of the changes above epsilon.</summary>
    public static double[] Ram(double[] b, double[][] models, OracleParameters p) =>
        Mean(b, models, p, [.. models.Select(_ => 1.0)]);

    /// <summary>The same, changes of a single model times 1 + r min(shared / own, alpha).</summary>
    public static double[] RamplusTl(double[] b, double[][] models, OracleParameters p)
    {
        var gains = new double[models.Length];
        for (var k = 0; k < models.Length; k++)
        {
            double own = 0, shared = 0;
            for (var i = 0; i < b.Length; i++)
            {
                if (!IsActive(b, models[k], i, p)) continue;
                if (models.Count(x => IsActive(b, x, i, p)) == 1) own++;
                else shared++;
            }
            gains[k] = 1 + p["r"] * Math.Min(shared / Math.Max(own, p["epsilon"]), p["alpha"]);
        }
        return Mean(b, models, p, gains);
    }

    /// <summary>
    /// Task vectors at the entries that vary most, weighted by their mean squares, averaged where their signs agree
    /// with that of the plain sum.
    /// </summary>
    public static double[] Sce(double[] b, double[][] models, OracleParameters p)
    {
        double[][] d = [.. models.Select(x => x.Zip(b, (l, r) => l - r).ToArray())];
        if (p.Numbers.TryGetValue("select_topk", out var fraction) && fraction < 1)
        {
            var variances = Enumerable.Range(0, b.Length).Select(i => Variance([.. d.Select(v => v[i])])).ToArray();
            var varying = variances.Count(v => v != 0);
            var kept = Enumerable.Range(0, b.Length).OrderByDescending(i => (float)variances[i]).ThenBy(i => i)
                .Take((int)Math.Floor(fraction * varying)).ToHashSet();
            d = [.. d.Select(v => v.Select((e, i) => kept.Contains(i) ? e : 0).ToArray())];
        }
        double[] energies = [.. d.Select(v => v.Sum(e => e * e) / b.Length)];
        double[] w = [.. energies.Select(e => energies.Sum() < 1e-6 ? 1.0 / d.Length : e / energies.Sum())];
        var y = (double[])b.Clone();
        for (var i = 0; i < y.Length; i++)
        {
            var sign = d.Sum(v => v[i]) >= 0 ? 1 : -1;
            double sum = 0, divisor = 0;
            for (var k = 0; k < d.Length; k++)
            {
                if (!(d[k][i] * sign > 0)) continue;
                sum += w[k] * d[k][i];
                divisor += w[k];
            }
            y[i] += sum / Math.Max(divisor, 1e-6);
        }
        return y;
    }

    static double[] Mean(double[] b, double[][] models, OracleParameters p, double[] gains)
    {
        var y = (double[])b.Clone();
        for (var i = 0; i < y.Length; i++)
        {
            int[] active = [.. Enumerable.Range(0, models.Length).Where(k => IsActive(b, models[k], i, p))];
            if (active.Length == 1) y[i] += gains[active[0]] * (models[active[0]][i] - b[i]);
            else if (active.Length > 1) y[i] += active.Average(k => models[k][i] - b[i]);
        }
        return y;
    }

    static bool IsActive(double[] b, double[] x, int i, OracleParameters p) =>
        Math.Abs((float)(x[i] - b[i])) > (float)p["epsilon"];

    static double Variance(double[] values)
    {
        var mean = values.Average();
        return values.Average(v => (v - mean) * (v - mean));
    }
}
