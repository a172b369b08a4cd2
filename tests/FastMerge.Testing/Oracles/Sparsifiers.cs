namespace FastMerge.Testing.Oracles;

/// <summary>What is kept of a task vector; the rest is 0. Density 1 keeps everything.</summary>
public static class Sparsifiers
{
    /// <summary>The floor(density n) largest magnitudes, at least one; equal ones by index.</summary>
    public static double[] Largest(double[] d, int model, OracleParameters p) => p.Density[model] >= 1
        ? d : ByRank(d, 0, Math.Max(1, (int)Math.Floor(p.Density[model] * d.Length)));

    /// <summary>
    /// Without the floor(gamma n) largest magnitudes the floor(density n) largest; fewer are left out at the top where
    /// both exceed n.
    /// </summary>
    public static double[] Band(double[] d, int model, OracleParameters p)
    {
        var (density, gamma) = (p.Density[model], p.Gamma[model]);
        if (density >= 1) return d;
        var kept = (int)Math.Floor(density * d.Length);
        var top = Math.Min((int)Math.Floor(gamma * d.Length), d.Length - kept);
        return ByRank(d, top, Math.Max(1, kept + top));
    }

    /// <summary>Each element with probability density, by the random number of its index.</summary>
    public static double[] AtRandom(double[] d, int model, OracleParameters p) =>
        [.. d.Select((e, i) => PhiloxReference.Keeps(i, p.Density[model], model, p.Seed, p.Stream) ? e : 0)];

    /// <summary>
    /// The elements whose rank by magnitude is from <paramref name="first"/> up to but not including
    /// <paramref name="end"/>. Magnitudes are compared in binary32, the arithmetic's precision; NaN is the largest.
    /// </summary>
    static double[] ByRank(double[] d, int first, int end)
    {
        var order = Enumerable.Range(0, d.Length)
            .OrderByDescending(i => double.IsNaN(d[i])).ThenByDescending(i => Math.Abs((float)d[i])).ThenBy(i => i);
        var kept = order.Take(end).Skip(first).ToHashSet();
        return [.. d.Select((e, i) => kept.Contains(i) ? e : 0)];
    }
}
