using FastMerge.Core;

namespace FastMerge.Extraction;

/// <summary>The leading singular values of a difference, its squared norm, and what a rank costs.</summary>
sealed record DifferenceSpectrum(double[] Values, double Energy, long BytesOfRank)
{
    /// <summary>Values below this share of the largest are rounding.</summary>
    const double Least = 1e-6;

    /// <summary>The number of directions that are there.</summary>
    public int Count { get; private init; } =
        Values.Length == 0 || Values[0] <= 0 ? 0 : Values.Count(v => v > Least * Values[0]);

    /// <summary>
    /// That of several differences which get one rank: the k-th value is the norm of their k-th values, as far as each
    /// has directions.
    /// </summary>
    public static DifferenceSpectrum Of(IReadOnlyList<DifferenceSpectrum> spectra) => new(
        [.. Enumerable.Range(0, spectra.Max(s => s.Values.Length)).Select(k =>
            Math.Sqrt(spectra.Sum(s => k < s.Count ? s.Values[k] * s.Values[k] : 0)))],
        spectra.Sum(s => s.Energy), spectra.Sum(s => s.BytesOfRank)) { Count = spectra.Max(s => s.Count) };

    /// <summary>The part of the squared norm that a rank captures.</summary>
    public double Captured(int rank) =>
        Energy > 0 ? Math.Min(1, Values.Take(rank).Sum(v => v * v) / Energy) : 1;

    /// <summary>The least rank that captures a part of the squared norm; all where none does.</summary>
    public int RankFor(double part)
    {
        var sum = 0.0;
        for (var rank = 0; rank < Count; rank++)
        {
            if (sum >= part * Energy) return rank;
            sum += Values[rank] * Values[rank];
        }
        return Count;
    }
}

/// <summary>Chooses ranks.</summary>
static class RankChoice
{
    /// <summary>
    /// The ranks that capture most within a number of bytes: directions in the order of energy for each byte, as long
    /// as they fit; of equal ones that of the first weight. A weight's own directions come in their order.
    /// </summary>
    /// <exception cref="FastMergeException">Plan: nothing fits.</exception>
    public static int[] ForSize(IReadOnlyList<DifferenceSpectrum> spectra, long bytes)
    {
        var ranks = new int[spectra.Count];
        var left = bytes;
        var directions = spectra.SelectMany((s, weight) => s.Values.Take(s.Count).Select((v, rank) =>
            (Weight: weight, Rank: rank, Gain: v * v / s.BytesOfRank)));
        foreach (var (weight, rank, _) in directions.OrderByDescending(d => d.Gain).ThenBy(d => d.Weight)
            .ThenBy(d => d.Rank))
        {
            if (ranks[weight] != rank || spectra[weight].BytesOfRank > left) continue;
            ranks[weight]++;
            left -= spectra[weight].BytesOfRank;
        }
        if (spectra.Any(s => s.Count > 0) && ranks.All(r => r == 0))
            throw new FastMergeException(FailureKind.Plan,
                $"size {ByteSize.Format(Math.Max(0, bytes))} for updates holds none; the smallest of rank 1 takes "
                + ByteSize.Format(spectra.Where(s => s.Count > 0).Min(s => s.BytesOfRank)));
        return ranks;
    }
}
