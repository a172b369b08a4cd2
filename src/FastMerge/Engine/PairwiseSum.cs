namespace FastMerge.Engine;

/// <summary>
/// Adds the sums of chunks as a binary tree over their index: 0+1, 2+3, ... and so on upwards, an odd one
/// carried up. With chunks of 2^m leaves this continues the tree inside a chunk, so that the result does not
/// depend on the size of chunks.
/// </summary>
static class PairwiseSum
{
    /// <summary>The total of rows of <paramref name="width"/> numbers; zeros when there are none.</summary>
    public static double[] Of(ReadOnlySpan<double> rows, int width)
    {
        if (width == 0 || rows.IsEmpty) return new double[width];
        var level = rows.ToArray();
        for (var count = level.Length / width; count > 1; count = (count + 1) / 2)
            for (var i = 0; i < (count + 1) / 2; i++)
                for (var j = 0; j < width; j++)
                {
                    var left = level[2 * i * width + j];
                    level[i * width + j] = 2 * i + 1 < count ? left + level[(2 * i + 1) * width + j] : left;
                }
        return level[..width];
    }
}
