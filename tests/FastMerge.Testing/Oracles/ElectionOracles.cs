namespace FastMerge.Testing.Oracles;

/// <summary>Elections by the sign of a sum, where a sum of zero goes with the majority of the tensor.</summary>
public static class ElectionOracles
{
    /// <summary>
    /// b + lambda times the mean of the w_k d_k that are not zero and whose d_k = x_k - b has the elected sign.
    /// </summary>
    public static double[] MeanOfElected(double[] b, double[][] models, OracleParameters p)
    {
        double[] sums = [.. b.Select((start, i) => models.Sum(x => x[i] - start))];
        var majority = sums.Sum(Math.Sign) < 0 ? -1 : 1;
        return [.. b.Select((start, i) =>
        {
            var elected = sums[i] == 0 ? majority : Math.Sign(sums[i]);
            var votes = models.Select((x, k) => (Vote: x[i] - start, Weight: p.Weight[k]))
                .Where(v => Math.Sign(v.Vote) == elected && v.Weight != 0).ToArray();
            return start + p.Lambda * votes.Sum(v => v.Weight * v.Vote) / Math.Max(1, votes.Length);
        })];
    }
}
