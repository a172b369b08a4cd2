using FastMerge.Backends;

namespace FastMerge.Testing.Reference;

/// <summary>Cuts by sorting: largest magnitudes first, equal ones in index order, NaN above Inf.</summary>
static class ReferenceSelection
{
    /// <summary>The rank of a value's magnitude; all NaN rank alike, above everything else.</summary>
    public static uint Magnitude(float value) =>
        float.IsNaN(value) ? ScalarCodec.NaN32 : BitConverter.SingleToUInt32Bits(value) & 0x7fffffff;

    /// <summary>Whether an element is within a cut.</summary>
    public static bool IsWithin(ElementCut cut, float value, long index)
    {
        var magnitude = Magnitude(value);
        return magnitude > cut.Threshold || (magnitude == cut.Threshold && index < cut.Index);
    }

    /// <summary>The magnitude of the last of the elements that are kept; infinity when none is.</summary>
    public static double Threshold(IReadOnlyList<uint> magnitudes, long keep) =>
        keep <= 0 || magnitudes.Count == 0 ? double.PositiveInfinity : BitConverter.UInt32BitsToSingle(
            magnitudes.OrderDescending().ElementAt((int)Math.Min(keep, magnitudes.Count) - 1));

    /// <summary>The rank of each magnitude in its row, from 1 on, equal ones in index order.</summary>
    public static float[] RowRanks(IReadOnlyList<uint> magnitudes, int rowLength)
    {
        var ranks = new float[magnitudes.Count];
        for (var first = 0; first < ranks.Length; first += rowLength)
        {
            var order = Enumerable.Range(first, rowLength).OrderBy(i => magnitudes[i]).ThenBy(i => i).ToArray();
            for (var rank = 0; rank < rowLength; rank++) ranks[order[rank]] = rank + 1;
        }
        return ranks;
    }

    /// <summary>The cut that keeps a number of elements.</summary>
    public static ElementCut Cut(IReadOnlyList<uint> magnitudes, long keep)
    {
        if (keep <= 0) return ElementCut.Nothing;
        if (keep >= magnitudes.Count) return ElementCut.Everything;
        var order = Enumerable.Range(0, magnitudes.Count)
            .OrderByDescending(i => magnitudes[i]).ThenBy(i => i).ToArray();
        var last = order[keep - 1];
        return new(magnitudes[last], last + 1);
    }
}
