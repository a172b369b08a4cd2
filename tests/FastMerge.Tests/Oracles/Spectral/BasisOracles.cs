using FastMerge.Testing.Oracles;

namespace FastMerge.Tests.Oracles.Spectral;

/// <summary>
/// The methods that merge task vectors in a basis of their own, written down from their formulas in binary64 and
/// without the product's expressions. They give what is added to the base at lambda 1.
/// </summary>
static class BasisOracles
{
    const double Undetermined = 1.0 / (1 << 21);

    /// <summary>What merges matrices over a base of zeros.</summary>
    public delegate RealMatrix InnerMerge(RealMatrix[] matrices);

    /// <summary>An element-wise method's own oracle, over a base of zeros.</summary>
    public static InnerMerge ByElement(string method, OracleParameters parameters) => matrices =>
    {
        var (rows, columns) = (matrices[0].Rows, matrices[0].Columns);
        var merged = MergeOracles.ByName[method](
            new double[rows * columns], [.. matrices.Select(m => m.Data.ToArray())],
            parameters with { RowLength = columns });
        return RealMatrix.Of(rows, columns, (i, j) => merged[i * columns + j]);
    };

    /// <summary>U M^T of [t_1 | ... | t_N] = U S [V_1 | ... | V_N]^T, M being the merge of the V_k S.</summary>
    public static RealMatrix Knots(RealMatrix[] tasks, InnerMerge inner, double tolerance = 1e-5)
    {
        var svd = JacobiSvd.Of(RealMatrix.Beside(tasks));
        var kept = svd.Values.TakeWhile(s => s > tolerance).ToArray();
        if (kept.Length == 0) return new(tasks[0].Rows, tasks[0].Columns);
        var own = Split(svd.Right.ColumnsFrom(0, kept.Length).ScaleColumns(kept), tasks.Length);
        return svd.Left.ColumnsFrom(0, kept.Length) * inner(own).Transposed();
    }

    /// <summary>U M V^T, M being the merge of the U^T t_k V.</summary>
    public static RealMatrix CoreSpace(RealMatrix[] tasks, InnerMerge inner)
    {
        var left = LeftBasis(RealMatrix.Beside(tasks));
        var right = LeftBasis(RealMatrix.Beside([.. tasks.Select(t => t.Transposed())]));
        if (left.Columns == 0) return new(tasks[0].Rows, tasks[0].Columns);
        return left * inner([.. tasks.Select(t => left.Transposed() * t * right)]) * right.Transposed();
    }

    /// <summary>Decom-Renorm-Merge of task vectors side by side; the vertical one is that of the transposes.</summary>
    public static RealMatrix Drm(
        RealMatrix[] tasks, bool isVertical = false, double drop = 0.8, double tolerance = 0.01,
        double[]? weights = null)
    {
        if (isVertical)
            return Drm([.. tasks.Select(t => t.Transposed())], false, drop, tolerance, weights).Transposed();
        var svd = JacobiSvd.Of(RealMatrix.Beside(tasks));
        var rank = svd.Values.Count(s => s > tolerance * svd.Values[0]);
        if (rank == 0) return new(tasks[0].Rows, tasks[0].Columns);
        var parts = Split(svd.Right.ColumnsFrom(0, rank), tasks.Length);
        double[][] lengths = [.. parts.Select(p => Lengths(p))];
        RealMatrix[] units = [.. parts.Select((p, k) => p.ScaleColumns(
            [.. lengths[k].Select(l => l == 0 ? 0 : 1 / l)]))];
        var cut = CutOf(units, drop);
        RealMatrix[] scaled = [.. units.Select((u, k) => RealMatrix.Of(u.Rows, u.Columns,
            (i, j) => Math.Abs(u[i, j]) >= cut ? u[i, j] * (lengths[k][j] * svd.Values[j]) : 0))];
        return svd.Left.ColumnsFrom(0, rank) * MeanOfElected(scaled, drop > 0, weights).Transposed();
    }

    /// <summary>The mean of the non-zero entries of the elected sign, or of all non-zero entries.</summary>
    public static RealMatrix MeanOfElected(RealMatrix[] tasks, bool elects, double[]? weights = null)
    {
        var (rows, columns) = (tasks[0].Rows, tasks[0].Columns);
        var sums = RealMatrix.Sum(tasks);
        var majority = sums.Data.ToArray().Sum(Math.Sign) < 0 ? -1 : 1;
        return RealMatrix.Of(rows, columns, (i, j) =>
        {
            var elected = sums[i, j] == 0 ? majority : Math.Sign(sums[i, j]);
            double[] agreeing = [.. tasks.Select((t, k) => (weights?[k] ?? 1) * (elects && Math.Sign(t[i, j]) != elected
                ? 0 : t[i, j])).Where(v => v != 0)];
            return agreeing.Length == 0 ? 0 : agreeing.Average();
        });
    }

    /// <summary>The features of all tasks with the weights that keep each one's strength along itself.</summary>
    public static RealMatrix Stf(
        RealMatrix[] tasks, double ridge = 1e-6, double energy = 1, int maxRank = int.MaxValue)
    {
        var (left, right, strengths) = Features(tasks, energy, maxRank);
        var count = strengths.Length;
        if (count == 0) return new(tasks[0].Rows, tasks[0].Columns);
        var (u, v) = (left.Transposed() * left, right.Transposed() * right);
        var products = RealMatrix.Of(count, count, (i, j) => u[i, j] * v[i, j]);
        var system = RealMatrix.Of(count, count, (i, j) => products[i, j] + (i == j ? ridge : 0));
        var weights = Solve(system, products * Solve(system, RealMatrix.Of(count, 1, (i, _) => strengths[i])));
        return left.ScaleColumns(weights.Data.ToArray()) * right.Transposed();
    }

    /// <summary>The leading singular triplets of all tasks, one task's after the other's.</summary>
    public static (RealMatrix Left, RealMatrix Right, double[] Strengths) Features(
        RealMatrix[] tasks, double energy = 1, int maxRank = int.MaxValue)
    {
        var all = tasks.Select(JacobiSvd.Of).ToArray();
        int[] ranks = [.. all.Select(s => RankOf(s.Values, energy, maxRank))];
        return (RealMatrix.Beside([.. all.Select((s, k) => s.Left.ColumnsFrom(0, ranks[k]))]),
            RealMatrix.Beside([.. all.Select((s, k) => s.Right.ColumnsFrom(0, ranks[k]))]),
            [.. all.SelectMany((s, k) => s.Values.Take(ranks[k]))]);
    }

    /// <summary>The minimiser of sum_k ||(M - t_k) t_k^T||^2 / ||t_k||^2, and the way to it from the sum.</summary>
    public static RealMatrix Wudi(RealMatrix[] tasks, double ridge = 1e-8, double interpolation = 1)
    {
        var n = tasks[0].Columns;
        var (gram, target) = (new RealMatrix(n, n), new RealMatrix(tasks[0].Rows, n));
        foreach (var task in tasks.Where(t => t.Norm > 0))
        {
            var own = 1 / (task.Norm * task.Norm) * (task.Transposed() * task);
            (gram, target) = (gram + own, target + task * own);
        }
        var mean = Enumerable.Range(0, n).Average(i => gram[i, i]);
        var sum = RealMatrix.Sum(tasks);
        if (mean == 0) return sum;
        var system = RealMatrix.Of(n, n, (i, j) => gram[i, j] + (i == j ? ridge * mean : 0));
        return (1 - interpolation) * sum + interpolation * Solve(system, target.Transposed()).Transposed();
    }

    /// <summary>x of a x = b by elimination with pivots.</summary>
    static RealMatrix Solve(RealMatrix a, RealMatrix b)
    {
        var n = a.Rows;
        var x = RealMatrix.Beside(a, b);
        for (var j = 0; j < n; j++)
        {
            var pivot = Enumerable.Range(j, n - j).MaxBy(i => Math.Abs(x[i, j]));
            for (var c = 0; c < x.Columns; c++) (x[j, c], x[pivot, c]) = (x[pivot, c], x[j, c]);
            for (var i = 0; i < n; i++)
            {
                if (i == j) continue;
                var factor = x[i, j] / x[j, j];
                for (var c = j; c < x.Columns; c++) x[i, c] -= factor * x[j, c];
            }
        }
        return RealMatrix.Of(n, b.Columns, (i, j) => x[i, n + j] / x[i, i]);
    }

    static int RankOf(double[] values, double energy, int maxRank)
    {
        var determined = values.Count(s => s > Undetermined * values[0]);
        var all = values.Sum(s => s * s);
        var rank = energy == 1 ? determined
            : Enumerable.Range(0, values.Length + 1).First(r => values.Take(r).Sum(s => s * s) >= energy * all);
        return Math.Min(Math.Min(rank, determined), maxRank);
    }

    static RealMatrix LeftBasis(RealMatrix a)
    {
        var svd = JacobiSvd.Of(a);
        return svd.Left.ColumnsFrom(0, svd.Values.Count(s => s > Undetermined * svd.Values[0]));
    }

    /// <summary>The magnitude from which on entries are kept: number n - round(n (1 - drop)) in order.</summary>
    static double CutOf(RealMatrix[] units, double drop)
    {
        double[] sorted = [.. units.SelectMany(u => u.Data.ToArray()).Select(Math.Abs).Order()];
        var number = sorted.Length - (int)Math.Round(sorted.Length * (1 - drop));
        return number == 0 ? 0 : sorted[number - 1];
    }

    static double[] Lengths(RealMatrix a) => [.. Enumerable.Range(0, a.Columns).Select(
        j => Math.Sqrt(Enumerable.Range(0, a.Rows).Sum(i => a[i, j] * a[i, j])))];

    static RealMatrix[] Split(RealMatrix a, int parts)
    {
        var rows = a.Rows / parts;
        return [.. Enumerable.Range(0, parts).Select(
            k => RealMatrix.Of(rows, a.Columns, (i, j) => a[k * rows + i, j]))];
    }
}
