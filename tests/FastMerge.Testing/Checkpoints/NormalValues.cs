namespace FastMerge.Testing.Checkpoints;

/// <summary>
/// Normally distributed values by position: value i of a stream depends on the stream's key and i alone, so that
/// blocks can be made in any order and by any thread.
/// </summary>
static class NormalValues
{
    const int Levels = 1 << 14;
    const ulong Golden = 0x9e3779b97f4a7c15;

    static readonly float[] Quantiles = MakeQuantiles();

    /// <summary>The key of a stream.</summary>
    public static ulong Key(int seed, string label)
    {
        var key = Mix((ulong)seed + Golden);
        foreach (var c in label) key = Mix(key ^ c);
        return key;
    }

    /// <summary>Adds scale x N(0, 1) to each value; <paramref name="first"/> is the stream position, even.</summary>
    public static void Add(ulong key, long first, float scale, Span<float> values)
    {
        var counter = key + (ulong)(first / 2) * Golden;
        for (var i = 0; i < values.Length; i += 2)
        {
            var bits = Mix(counter);
            counter += Golden;
            values[i] += scale * Normal((uint)bits);
            if (i + 1 < values.Length) values[i + 1] += scale * Normal((uint)(bits >> 32));
        }
    }

    // The top bits pick a quantile, the rest go linearly to the next one.
    static float Normal(uint bits)
    {
        var level = (int)(bits >> 18);
        var from = Quantiles[level];
        return from + (Quantiles[level + 1] - from) * ((bits & 0x3ffff) * (1f / (1 << 18)));
    }

    static ulong Mix(ulong x)
    {
        x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
        x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
        return x ^ (x >> 31);
    }

    // Inverts the normal distribution by integrating its density with fine steps.
    static float[] MakeQuantiles()
    {
        const double Limit = 4.5, Step = 1e-5;
        var quantiles = new float[Levels + 1];
        var (sum, x, level) = (0.0, -Limit, 0);
        while (level <= Levels && x < Limit)
        {
            if (sum * Levels >= level) quantiles[level++] = (float)x;
            sum += Step * Math.Exp(-(x + Step / 2) * (x + Step / 2) / 2) / Math.Sqrt(2 * Math.PI);
            x += Step;
        }
        for (; level <= Levels; level++) quantiles[level] = (float)Limit;
        return quantiles;
    }
}
