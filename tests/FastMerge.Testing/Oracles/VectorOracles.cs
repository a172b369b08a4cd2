namespace FastMerge.Testing.Oracles;

/// <summary>What spectral methods do with tensors that are no matrices.</summary>
public static class VectorOracles
{
    /// <summary>b + lambda sum_k w_k (x_k - b) / sum_k w_k; the divisor is 1 where it is nothing.</summary>
    public static double[] Star(double[] b, double[][] models, OracleParameters p)
    {
        var divisor = Math.Abs(p.Weight.Sum()) < 1e-8 ? 1 : p.Weight.Sum();
        return [.. b.Select((start, i) => start + p.Lambda * Sum(b, models, p.Weight, i) / divisor)];
    }

    /// <summary>b + lambda mean_k(w_k (x_k - b)); weights are 1 for methods without.</summary>
    public static double[] MeanOfTasks(double[] b, double[][] models, OracleParameters p)
    {
        double[] weights = p.Weight.Length > 0 ? p.Weight : [.. models.Select(_ => 1.0)];
        return [.. b.Select((start, i) => start + p.Lambda * Sum(b, models, weights, i) / models.Length)];
    }

    /// <summary>s + sum_k gate_k (x_k - s), s = b + lambda sum_k w_k (x_k - b).</summary>
    public static double[] Twin(double[] b, double[][] models, OracleParameters p)
    {
        double[] gates = p.Is("gate") ? p.ModelNumbers["gate"] : [.. models.Select(_ => 1.0 / models.Length)];
        double[] shared = [.. b.Select((start, i) => start + p.Lambda * Sum(b, models, p.Weight, i))];
        return [.. shared.Select((s, i) => s + models.Select((x, k) => gates[k] * (x[i] - s)).Sum())];
    }

    static double Sum(double[] b, double[][] models, double[] weights, int i) =>
        models.Select((x, k) => weights[k] * (x[i] - b[i])).Sum();
}
