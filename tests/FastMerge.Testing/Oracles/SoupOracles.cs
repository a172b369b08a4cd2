namespace FastMerge.Testing.Oracles;

/// <summary>The methods that average models, by what decides the weights.</summary>
public static class SoupOracles
{
    /// <summary>The plain mean.</summary>
    public static double[] Uniform(double[][] models) => Mean(models, [.. models.Select(_ => 1.0)]);

    /// <summary>The mean of the models of the soup.</summary>
    public static double[] Greedy(double[][] models, OracleParameters p)
    {
        var soup = models.Where((_, k) => p.ModelNumbers["scores"][k] == 1).ToArray();
        return Uniform(soup);
    }

    /// <summary>Checkpoints from old to new: the mean, with weights 1, 2, 3 ..., or the running mean.</summary>
    public static double[] Checkpoints(double[][] models, OracleParameters p)
    {
        if (p.Words["average"] == "wma") return Mean(models, [.. models.Select((_, k) => k + 1.0)]);
        if (p.Words["average"] == "sma") return Uniform(models);
        var running = models[0];
        foreach (var newer in models.Skip(1))
            running = [.. running.Zip(newer, (old, x) => p["alpha"] * x + (1 - p["alpha"]) * old)];
        return running;
    }

    /// <summary>Weights exp(-loss / temperature), divided by their sum.</summary>
    public static double[] LmCocktail(double[][] models, OracleParameters p)
    {
        var losses = p.Is("loss") ? p.ModelNumbers["loss"] : p.ModelNumbers["eval"];
        return Mean(models, [.. losses.Select(loss => Math.Exp(-loss / p["temperature"]))]);
    }

    /// <summary>b + alpha (expert - anti-expert).</summary>
    public static double[] Cape(double[] b, double[][] models, OracleParameters p) =>
        [.. b.Select((x, i) => x + p["alpha"] * (models[0][i] - models[1][i]))];

    /// <summary>The mean, and zero where the rule drops an entry.</summary>
    public static double[] Sparse(double[][] models, OracleParameters p)
    {
        var mean = Mean(models, p.Weight);
        for (var i = 0; i < mean.Length; i++)
        {
            var alive = models.Count(x => x[i] != 0);
            var keeps = p.Words["mask"] switch
            {
                "intersection" => alive == models.Length,
                "union" => alive > 0,
                "first" => models[0][i] != 0,
                "majority" => 2 * alive > models.Length,
                _ => alive > 0,
            };
            if (!keeps) mean[i] = 0;
        }
        return mean;
    }

    /// <summary>The base's remainder and the parents' shares; the base alone where no parent differs enough.</summary>
    public static double[] Assembly(double[] b, double[][] models, OracleParameters p)
    {
        double Distance(double[] x) => Math.Sqrt(x.Zip(b, (l, r) => (l - r) * (l - r)).Sum()
            / (p.Words["difference"] == "rel" ? b.Sum(e => e * e) : b.Length));
        if (p.Numbers.TryGetValue("threshold", out var threshold) && !(models.Max(Distance) > threshold)) return b;
        return [.. b.Select((x, i) => (1 - p.Weight.Sum()) * x + models.Select((m, k) => p.Weight[k] * m[i]).Sum())];
    }

    static double[] Mean(double[][] models, double[] weights) => [.. Enumerable.Range(0, models[0].Length)
        .Select(i => models.Select((x, k) => weights[k] * x[i]).Sum() / weights.Sum())];
}
