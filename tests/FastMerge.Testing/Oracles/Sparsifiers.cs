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
        if (p.Words.GetValueOrDefault("scope") == "row")
            return [.. p.Rows(d.Length).SelectMany(row => BandOfRow(d[row], density, gamma))];
        var kept = (int)Math.Floor(density * d.Length);
        var top = Math.Min((int)Math.Floor(gamma * d.Length), d.Length - kept);
        return ByRank(d, top, Math.Max(1, kept + top));
    }

    /// <summary>The same in one row, where of equal magnitudes the later ones are larger.</summary>
    static double[] BandOfRow(double[] row, double density, double gamma)
    {
        var kept = Math.Max(1, (int)Math.Floor(density * row.Length));
        var top = Math.Min((int)Math.Floor(gamma * row.Length), row.Length - kept);
        var order = Enumerable.Range(0, row.Length).OrderByDescending(i => Math.Abs((float)row[i]))
            .ThenByDescending(i => i).Skip(top).Take(kept).ToHashSet();
        return [.. row.Select((e, i) => order.Contains(i) ? e : 0)];
    }

    /// <summary>Each element with probability density, by the random number of its index.</summary>
    public static double[] AtRandom(double[] d, int model, OracleParameters p) =>
        [.. d.Select((e, i) => PhiloxReference.Keeps(i, p.Density[model], model, p.Seed, p.Stream) ? e : 0)];

    /// <summary>Each element with its own probability.</summary>
    public static double[] ByRowRank(double[] d, int model, OracleParameters p) => [.. Probabilities(d, model, p)
        .Select((q, i) => PhiloxReference.Keeps(i, q, model, p.Seed, p.Stream) ? d[i] : 0)];

    /// <summary>Density - epsilon for the smallest magnitude of a row, density + epsilon for the largest.</summary>
    public static double[] Probabilities(double[] d, int model, OracleParameters p)
    {
        var (density, epsilon) = (p.Density[model], p.ModelNumbers["epsilon"][model]);
        var q = new double[d.Length];
        foreach (var row in p.Rows(d.Length))
        {
            int[] order = [.. Enumerable.Range(row.Start.Value, row.End.Value - row.Start.Value)
                .OrderBy(i => Math.Abs((float)d[i])).ThenBy(i => i)];
            for (var rank = 0; rank < order.Length; rank++)
                q[order[rank]] = density is >= 1 or <= 0 || order.Length == 1 ? density
                    : density - epsilon + 2 * epsilon * rank / (order.Length - 1);
        }
        return q;
    }

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
