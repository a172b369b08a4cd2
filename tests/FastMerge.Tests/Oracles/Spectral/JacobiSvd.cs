namespace FastMerge.Tests.Oracles.Spectral;

/// <summary>
/// The thin singular value decomposition a = u diag(s) v^T by one-sided Jacobi rotations (Hestenes 1958) in binary64:
/// the columns of the longer side's matrix are turned in pairs until all are at right angles. Small singular values are
/// as good as large ones, down to 1e-15 of the norm, below which they are zero. Values descend; vectors of values of
/// zero are zero.
/// </summary>
sealed class JacobiSvd
{
    const double RightAngle = 1e-14;
    const double Nothing = 1e-15;
    const int MostSweeps = 60;

    JacobiSvd(RealMatrix left, double[] values, RealMatrix right) => (Left, Values, Right) = (left, values, right);

    /// <summary>Left vectors, one a column.</summary>
    public RealMatrix Left { get; }

    /// <summary>All min(m, n) singular values, largest first.</summary>
    public double[] Values { get; }

    /// <summary>Right vectors, one a column.</summary>
    public RealMatrix Right { get; }

    /// <summary>The sum of the singular values.</summary>
    public double NuclearNorm => Values.Sum();

    /// <summary>The decomposition of a matrix.</summary>
    public static JacobiSvd Of(RealMatrix a)
    {
        if (a.Rows >= a.Columns) return OfTall(a);
        var turned = OfTall(a.Transposed());
        return new(turned.Right, turned.Values, turned.Left);
    }

    /// <summary>u_k diag(f) v_k^T of the leading triplets, as many as there are factors.</summary>
    public RealMatrix Product(IReadOnlyList<double> factors) =>
        Left.ColumnsFrom(0, factors.Count).ScaleColumns(factors) * Right.ColumnsFrom(0, factors.Count).Transposed();

    /// <summary>How many singular values are above a share of the largest.</summary>
    public int Rank(double share) => Values.Count(s => s > share * Values[0]);

    /// <summary>Columns as rows, which lie together in memory.</summary>
    static JacobiSvd OfTall(RealMatrix a)
    {
        var n = a.Columns;
        var nothing = Nothing * a.Norm;
        double[][] columns = [.. Enumerable.Range(0, n).Select(
            j => Enumerable.Range(0, a.Rows).Select(i => a[i, j]).ToArray())];
        double[][] turns = [.. Enumerable.Range(0, n).Select(
            j => Enumerable.Range(0, n).Select(i => i == j ? 1.0 : 0).ToArray())];
        var isTurning = true;
        for (var sweep = 0; isTurning; sweep++)
        {
            if (sweep == MostSweeps) throw new InvalidOperationException("the rotations do not come to an end");
            isTurning = false;
            for (var p = 0; p < n - 1; p++)
                for (var q = p + 1; q < n; q++)
                    isTurning |= Turn(columns, turns, p, q, nothing * nothing);
        }
        var norms = columns.Select(Length).Select(s => s <= nothing ? 0 : s).ToArray();
        var order = Enumerable.Range(0, n).OrderByDescending(j => norms[j]).ToArray();
        return new(
            RealMatrix.Of(a.Rows, n, (i, j) => norms[order[j]] == 0 ? 0 : columns[order[j]][i] / norms[order[j]]),
            [.. order.Select(j => norms[j])],
            RealMatrix.Of(n, n, (i, j) => norms[order[j]] == 0 ? 0 : turns[order[j]][i]));
    }

    static bool Turn(double[][] columns, double[][] turns, int p, int q, double nothing)
    {
        var (x, y) = (columns[p], columns[q]);
        var (xx, yy, xy) = (Dot(x, x), Dot(y, y), Dot(x, y));
        if (xx <= nothing || yy <= nothing || Math.Abs(xy) <= RightAngle * Math.Sqrt(xx) * Math.Sqrt(yy)) return false;
        var zeta = (yy - xx) / (2 * xy);
        var tangent = (zeta < 0 ? -1 : 1) / (Math.Abs(zeta) + Math.Sqrt(1 + zeta * zeta));
        var cosine = 1 / Math.Sqrt(1 + tangent * tangent);
        Rotate(x, y, cosine, cosine * tangent);
        Rotate(turns[p], turns[q], cosine, cosine * tangent);
        return true;
    }

    static void Rotate(double[] x, double[] y, double cosine, double sine)
    {
        for (var i = 0; i < x.Length; i++)
            (x[i], y[i]) = (cosine * x[i] - sine * y[i], sine * x[i] + cosine * y[i]);
    }

    static double Length(double[] x) => Math.Sqrt(Dot(x, x));

    static double Dot(double[] x, double[] y)
    {
        var sum = 0.0;
        for (var i = 0; i < x.Length; i++) sum += x[i] * y[i];
        return sum;
    }
}
