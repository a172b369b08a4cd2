namespace FastMerge.Engine;

/// <summary>
/// Joins the sums of chunks as a binary tree over their index: 0+1, 2+3, ... and so on upwards, an odd one
/// carried up. With chunks of 2^m leaves this continues the tree inside a chunk, so that the result does not
/// depend on the size of chunks. Largest values are joined in the same way.
/// </summary>
static class PairwiseSum
{
    /// <summary>
    /// The totals of rows of numbers; a number whose flag is set is a largest value. Zeros, or -Inf, when there are no
    /// rows.
    /// </summary>
    public static double[] Of(ReadOnlySpan<double> rows, ReadOnlySpan<bool> maxima)
    {
        var width = maxima.Length;
        if (rows.IsEmpty) return Start(maxima);
        var level = rows.ToArray();
        for (var count = level.Length / width; count > 1; count = (count + 1) / 2)
            for (var i = 0; i < (count + 1) / 2; i++)
                for (var j = 0; j < width; j++)
                {
                    var left = level[2 * i * width + j];
                    level[i * width + j] = 2 * i + 1 < count
                        ? Join(left, level[(2 * i + 1) * width + j], maxima[j]) : left;
                }
        return level[..width];
    }

    /// <summary>What numbers begin with.</summary>
    static double[] Start(ReadOnlySpan<bool> maxima)
    {
        var start = new double[maxima.Length];
        for (var i = 0; i < start.Length; i++) start[i] = maxima[i] ? double.NegativeInfinity : 0;
        return start;
    }

    static double Join(double left, double right, bool isMaximum) => !isMaximum ? left + right
        : double.IsNaN(left) || left >= right ? left : right;
}
