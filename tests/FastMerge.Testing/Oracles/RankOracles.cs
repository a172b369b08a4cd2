namespace FastMerge.Testing.Oracles;

/// <summary>The methods that rank entries within rows, over quantiles or over models.</summary>
public static class RankOracles
{
    /// <summary>Changes whose size times the divergence of the row's softmaxes is an outlier in the tensor.</summary>
    public static double[] ArceeFusion(double[] b, double[][] models, OracleParameters p)
    {
        var x = models.Single();
        var importance = new double[b.Length];
        foreach (var row in p.Rows(b.Length))
        {
            var (left, right) = (Softmax(x[row]), Softmax(b[row]));
            var divergence = left.Zip(right, (l, r) => (l + 1e-8) * Math.Log((l + 1e-8) / (r + 1e-8))).Sum();
            for (var i = row.Start.Value; i < row.End.Value; i++)
                importance[i] = Math.Abs(x[i] - b[i]) * Math.Max(divergence, 0);
        }
        var border = Quantile(importance, 0.5) + 1.5 * (Quantile(importance, 0.75) - Quantile(importance, 0.25));
        return [.. b.Select((e, i) => importance[i] >= border ? x[i] : e)];
    }

    /// <summary>The largest change; of equal ones the last.</summary>
    public static double[] Magmax(double[] b, double[][] models, OracleParameters p) => [.. b.Select((e, i) =>
        e + p.Lambda * models.Select(x => x[i] - e).Aggregate((best, d) => Math.Abs(d) >= Math.Abs(best) ? d : best))];

    /// <summary>Entries weighted by their standing within the model and by agreement with the sum.</summary>
    public static double[] Pcb(double[] b, double[][] models, OracleParameters p)
    {
        double[][] d = [.. models.Select(x => x.Zip(b, (l, r) => l - r).ToArray())];
        double[] total = [.. b.Select((_, i) => d.Sum(v => v[i]))];
        double[][] shares = [.. d.Select((v, k) => Shares(v, total, d.Length, p.Density[k]))];
        return [.. b.Select((e, i) => e + p.Lambda
            * d.Select((v, k) => p.Weight[k] * shares[k][i] * v[i]).Sum() / Math.Max(shares.Sum(s => s[i]), 1e-12))];
    }

    static double[] Shares(double[] d, double[] total, int models, double density)
    {
        double[] size = [.. d.Select(Math.Abs)];
        var (low, high) = (Quantile(size, 0.0001), Quantile(size, 0.9999));
        double[] beta = [.. d.Select((e, i) =>
        {
            var within = high > low ? (Math.Clamp(size[i], low, high) - low) / (high - low) : 0;
            return Math.Max(0, Math.Exp(models * (within * within - 1)) * Math.Tanh(e * total[i]));
        })];
        var kept = Math.Max(1, (int)Math.Floor(density * d.Length));
        var (least, most) = (beta.OrderDescending().ElementAt(Math.Min(kept, d.Length) - 1), beta.Max());
        return [.. beta.Select(e => most > least ? (Math.Max(e, least) - least) / (most - least) : 0)];
    }

    static double[] Softmax(double[] row)
    {
        double[] powers = [.. row.Select(e => Math.Exp(e - row.Max()))];
        return [.. powers.Select(e => e / powers.Sum())];
    }

    static double Quantile(double[] values, double fraction) =>
        values.Order().ElementAt((int)Math.Floor(fraction * (values.Length - 1)));
}
