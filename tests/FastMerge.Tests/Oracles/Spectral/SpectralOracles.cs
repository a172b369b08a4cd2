namespace FastMerge.Tests.Oracles.Spectral;

/// <summary>
/// Spectral methods written down from their formulas, by full decompositions in binary64 and without the product's
/// expressions. They give what is added to the base at lambda 1, unless they say otherwise. Directions of at most 2^-21
/// of the largest singular value are left out wherever a method gives them a length that the data do not.
/// </summary>
static class SpectralOracles
{
    /// <summary>The share of the largest singular value under which a direction is not determined.</summary>
    public const double Undetermined = 1.0 / (1 << 21);

    /// <summary>U V^T over the determined directions.</summary>
    public static RealMatrix Polar(RealMatrix a)
    {
        var svd = JacobiSvd.Of(a);
        return svd.Product([.. Enumerable.Repeat(1.0, svd.Rank(Undetermined))]);
    }

    /// <summary>STAR's rank: the smallest whose sum reaches eta percent, of the known rank if any.</summary>
    public static int StarRank(IReadOnlyList<double> values, double eta, int? known = null)
    {
        var part = values.Take(known ?? values.Count).ToArray();
        var target = part.Sum() * eta / 100;
        return Math.Min(part.Length, 1 + Enumerable.Range(0, part.Length).Count(i => part[..(i + 1)].Sum() < target));
    }

    /// <summary>One task vector, truncated and rescaled.</summary>
    public static RealMatrix StarOf(RealMatrix task, double eta, int? known = null)
    {
        var svd = JacobiSvd.Of(task);
        if (svd.Values[0] == 0) return task;
        var kept = svd.Values.Take(StarRank(svd.Values, eta, known)).ToArray();
        var factor = svd.Values.Take(known ?? svd.Values.Length).Sum() / kept.Sum();
        return svd.Product([.. kept.Select(s => factor * s)]);
    }

    /// <summary>The weighted mean of truncated task vectors.</summary>
    public static RealMatrix Star(
        RealMatrix[] tasks, double eta = 40, int? known = null, params double[] weights) =>
        RealMatrix.Sum(tasks.Select((t, k) => Share(weights, tasks.Length, k) * StarOf(t, eta, known)));

    /// <summary>The mean of p singular values times the polar factor of the sum.</summary>
    public static RealMatrix IsoC(RealMatrix[] tasks)
    {
        var sum = RealMatrix.Sum(tasks);
        return JacobiSvd.Of(sum).NuclearNorm / sum.Side * Polar(sum);
    }

    /// <summary>Common space of the sum, and a space for each task in what is orthogonal to it.</summary>
    public static RealMatrix IsoCts(RealMatrix[] tasks, double fraction = 0.8)
    {
        var p = tasks[0].Side;
        var own = Math.Min(
            (int)Math.Round((p - (int)(p * fraction)) / (double)tasks.Length, MidpointRounding.ToEven),
            p / tasks.Length);
        var sum = JacobiSvd.Of(RealMatrix.Sum(tasks));
        var common = Math.Min(p - own * tasks.Length, sum.Values[0] == 0 ? 0 : sum.Rank(Undetermined));
        var (left, right) = (new List<RealMatrix>(), new List<RealMatrix>());
        var total = sum.Values.Take(common).Sum();
        var space = sum.Left.ColumnsFrom(0, common);
        foreach (var task in tasks)
        {
            var residual = JacobiSvd.Of(task - space * (space.Transposed() * task));
            var count = Math.Min(own, residual.Values.Count(s => s > Undetermined * task.Norm));
            left.Add(residual.Left.ColumnsFrom(0, count));
            right.Add(residual.Right.ColumnsFrom(0, count));
            total += residual.Values.Take(count).Sum();
        }
        return total / p * Orthogonal([.. left, space], [.. right, sum.Right.ColumnsFrom(0, common)], null);
    }

    /// <summary>The leading triplets of each task, both sides made orthogonal across tasks.</summary>
    public static RealMatrix Tsv(RealMatrix[] tasks, params double[] weights)
    {
        var count = tasks[0].Side / tasks.Length;
        double Weight(int k) => weights.Length == 0 ? 1 : weights[k];
        if (count == 0)
            return 1.0 / tasks.Length * RealMatrix.Sum(tasks.Select((t, k) => Weight(k) * t));
        var all = tasks.Select(JacobiSvd.Of).ToArray();
        int Count(JacobiSvd svd) => Math.Min(count, svd.Values[0] == 0 ? 0 : svd.Rank(Undetermined));
        return Orthogonal(
            [.. all.Select(s => s.Left.ColumnsFrom(0, Count(s)))],
            [.. all.Select(s => s.Right.ColumnsFrom(0, Count(s)))],
            [.. all.SelectMany((s, k) => s.Values.Take(Count(s)).Select(v => Weight(k) * v))]);
    }

    /// <summary>The merged model itself, from models: 20 rounds of mean and shrinkage.</summary>
    public static RealMatrix Lore(RealMatrix[] models, double mu = 0.01, double? relative = null, double lambda = 1)
    {
        RealMatrix Mean(IEnumerable<RealMatrix> matrices) => 1.0 / models.Length * RealMatrix.Sum(matrices);
        var mean = Mean(models);
        double[] thresholds = [.. models.Select(
            x => relative is { } share ? share * JacobiSvd.Of(x - mean).Values[0] : mu)];
        var start = mean;
        var differences = new RealMatrix[models.Length];
        for (var round = 0; round < 20; round++)
        {
            if (round > 0) start = Mean(models.Zip(differences, (x, d) => x - d));
            for (var k = 0; k < models.Length; k++)
            {
                var svd = JacobiSvd.Of(models[k] - start);
                differences[k] = svd.Product([.. svd.Values.Select(s => Math.Max(0, s - thresholds[k]))]);
            }
        }
        return start + lambda * Mean(differences);
    }

    /// <summary>Shared part, and the truncated exclusive parts at their gates.</summary>
    public static RealMatrix Twin(
        RealMatrix[] tasks, double density = 0.1, double lambda = 0.3, double[]? gates = null, double[]? weights = null)
    {
        var shared = lambda * RealMatrix.Sum(tasks.Select((t, k) => (weights?[k] ?? 1) * t));
        return shared + RealMatrix.Sum(tasks.Select((task, k) =>
        {
            var svd = JacobiSvd.Of(task - shared);
            return (gates?[k] ?? 1.0 / tasks.Length)
                * svd.Product([.. svd.Values.Take((int)(density * task.Side))]);
        }));
    }

    /// <summary>A merged task vector, its directions divided by how often tasks count them.</summary>
    public static RealMatrix Svc(RealMatrix merged, RealMatrix[] tasks, double alpha = 1)
    {
        var svd = JacobiSvd.Of(merged);
        if (svd.Values[0] == 0) return merged;
        var rank = svd.Rank(Undetermined);
        var gamma = new double[rank];
        for (var r = 0; r < rank; r++)
        {
            var sum = 0.0;
            var row = svd.Left.ColumnsFrom(r, 1).Transposed();
            foreach (var task in tasks)
            {
                var (ofMerged, ofTask) = (row * merged, row * task);
                var squares = RealMatrix.Dot(ofTask, ofTask);
                sum += Math.Max(alpha, squares == 0 ? 0 : RealMatrix.Dot(ofMerged, ofTask) / squares);
            }
            gamma[r] = tasks.Length / sum * svd.Values[r];
        }
        return svd.Product(gamma);
    }

    /// <summary>polar(left) diag(values) polar(right)^T of parts side by side; values of 1 if none are given.</summary>
    static RealMatrix Orthogonal(RealMatrix[] left, RealMatrix[] right, double[]? values)
    {
        var (u, v) = (RealMatrix.Beside(left), RealMatrix.Beside(right));
        if (u.Columns == 0) return new(u.Rows, v.Rows);
        var polar = Polar(u);
        return (values is null ? polar : polar.ScaleColumns(values)) * Polar(v).Transposed();
    }

    static double Share(double[] weights, int count, int k) =>
        weights.Length == 0 ? 1.0 / count : weights[k] / weights.Sum();
}
