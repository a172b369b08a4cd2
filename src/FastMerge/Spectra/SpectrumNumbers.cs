namespace FastMerge.Spectra;

/// <summary>What singular values say of a matrix.</summary>
static class SpectrumNumbers
{
    const int CurvePoints = 32;

    /// <summary>The report of some values, largest first.</summary>
    public static MatrixSpectrumReport Of(
        string name, long? index, long rows, long columns, long nonFinite, double[] values)
    {
        var nuclear = values.Sum();
        var energy = values.Sum(v => v * v);
        var cumulated = new double[values.Length + 1];
        for (var i = 0; i < values.Length; i++) cumulated[i + 1] = cumulated[i] + values[i] * values[i];
        return new()
        {
            Name = name,
            Index = index,
            Rows = rows,
            Columns = columns,
            NonFinite = nonFinite,
            NuclearNorm = nuclear,
            FrobeniusNorm = Math.Sqrt(energy),
            SpectralNorm = values.FirstOrDefault(),
            EffectiveRank = nuclear > 0 ? Math.Exp(values.Sum(v => Entropy(v / nuclear))) : 0,
            StableRank = energy > 0 ? energy / (values[0] * values[0]) : 0,
            RankOf = [.. MatrixSpectrumReport.EnergyShares.Select(share => energy > 0 ? RankFor(share, cumulated) : 0)],
            EnergyCurve =
            [
                .. Enumerable.Range(0, CurvePoints + 1)
                    .Select(i => energy > 0 ? Share(cumulated, (double)i / CurvePoints) : 0),
            ],
        };
    }

    static double Entropy(double share) => share > 0 ? -share * Math.Log(share) : 0;

    static long RankFor(double share, double[] cumulated)
    {
        // The sum may miss the whole by rounding.
        var wanted = Math.Min(share * cumulated[^1], cumulated[^1]);
        var rank = 0;
        while (cumulated[rank] < wanted) rank++;
        return rank;
    }

    /// <summary>The energy of the leading part of the values, straight between two of them.</summary>
    static double Share(double[] cumulated, double part)
    {
        var at = part * (cumulated.Length - 1);
        var below = (int)Math.Min(Math.Floor(at), cumulated.Length - 1);
        var above = Math.Min(below + 1, cumulated.Length - 1);
        return (cumulated[below] + (at - below) * (cumulated[above] - cumulated[below])) / cumulated[^1];
    }
}
