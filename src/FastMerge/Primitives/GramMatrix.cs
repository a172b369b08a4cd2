namespace FastMerge.Primitives;

/// <summary>The dot products of n vectors, from the packed pairs i &lt;= j that a reduction gives.</summary>
readonly struct GramMatrix(double[] pairs, int count)
{
    /// <summary>The number of vectors.</summary>
    public int Count { get; } = count;

    /// <summary>Whether no product is NaN or infinite.</summary>
    public bool IsFinite => pairs.All(double.IsFinite);

    /// <summary>The dot product of two vectors.</summary>
    public double this[int i, int j]
    {
        get
        {
            var (low, high) = i < j ? (i, j) : (j, i);
            return pairs[low * Count - low * (low - 1) / 2 + (high - low)];
        }
    }

    /// <summary>The length of a vector.</summary>
    public double Norm(int i) => Math.Sqrt(this[i, i]);

    /// <summary>The dot product of two combinations of the vectors.</summary>
    public double Product(double[] a, double[] b)
    {
        double sum = 0;
        for (var i = 0; i < Count; i++)
            for (var j = 0; j < Count; j++) sum += a[i] * b[j] * this[i, j];
        return sum;
    }
}
