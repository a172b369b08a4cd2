namespace FastMerge.Testing.Reference;

/// <summary>The fixed order in which reductions add: leaves of 4096, 16 lanes in a leaf, pairs of leaves.</summary>
static class FixedTree
{
    const int Leaf = 4096;
    const int Lanes = 16;

    /// <summary>The sum of terms; <paramref name="term"/> gives the one at an index.</summary>
    public static double Sum(int count, Func<int, double> term)
    {
        var leaves = new List<double>();
        for (var first = 0; first < count; first += Leaf)
            leaves.Add(SumLeaf(first, Math.Min(count, first + Leaf), term));
        return Pairs(leaves);
    }

    /// <summary>Adds neighbours until one value is left; an odd one is carried up.</summary>
    public static double Pairs(List<double> values)
    {
        if (values.Count == 0) return 0;
        while (values.Count > 1)
        {
            var sums = new List<double>();
            for (var i = 0; i < values.Count; i += 2)
                sums.Add(i + 1 < values.Count ? values[i] + values[i + 1] : values[i]);
            values = sums;
        }
        return values[0];
    }

    static double SumLeaf(int first, int end, Func<int, double> term)
    {
        var lanes = new double[Lanes];
        for (var i = first; i < end; i++) lanes[(i - first) % Lanes] += term(i);
        for (var width = Lanes / 2; width > 0; width /= 2)
            for (var i = 0; i < width; i++) lanes[i] += lanes[i + width];
        return lanes[0];
    }
}
