namespace FastMerge.Testing.Oracles;

/// <summary>The methods that add task vectors d_k = x_k - b to the base.</summary>
public static class TaskVectorOracles
{
    /// <summary>y = b + lambda sum_k w_k d_k, the sum divided by sum_k w_k if normalized.</summary>
    public static double[] TaskArithmetic(double[] b, double[][] models, OracleParameters p) =>
        AddSum(b, TaskVectors(b, models), p);

    /// <summary>Random drop, then the sum.</summary>
    public static double[] DareLinear(double[] b, double[][] models, OracleParameters p) =>
        AddSum(b, Sparsified(b, models, p, (d, k) => Sparsifiers.AtRandom(d, k, p)), p);

    /// <summary>Band trim, then the sum.</summary>
    public static double[] Breadcrumbs(double[] b, double[][] models, OracleParameters p) =>
        AddSum(b, Sparsified(b, models, p, (d, k) => Sparsifiers.Band(d, k, p)), p);

    /// <summary>Magnitude trim, then the elected entries.</summary>
    public static double[] Ties(double[] b, double[][] models, OracleParameters p) =>
        AddElected(b, Sparsified(b, models, p, (d, k) => Sparsifiers.Largest(d, k, p)), p);

    /// <summary>Random drop, then the elected entries.</summary>
    public static double[] DareTies(double[] b, double[][] models, OracleParameters p) =>
        AddElected(b, Sparsified(b, models, p, (d, k) => Sparsifiers.AtRandom(d, k, p)), p);

    /// <summary>Band trim, then the elected entries.</summary>
    public static double[] BreadcrumbsTies(double[] b, double[][] models, OracleParameters p) =>
        AddElected(b, Sparsified(b, models, p, (d, k) => Sparsifiers.Band(d, k, p)), p);

    /// <summary>Random drop by rank, then the sum.</summary>
    public static double[] DellaLinear(double[] b, double[][] models, OracleParameters p) =>
        AddSum(b, Sparsified(b, models, p, (d, k) => Sparsifiers.ByRowRank(d, k, p)), p);

    /// <summary>Random drop by rank, then the elected entries.</summary>
    public static double[] Della(double[] b, double[][] models, OracleParameters p) =>
        AddElected(b, Sparsified(b, models, p, (d, k) => Sparsifiers.ByRowRank(d, k, p)), p);

    static double[][] TaskVectors(double[] b, double[][] models) =>
        [.. models.Select(x => x.Zip(b, (left, right) => left - right).ToArray())];

    static double[][] Sparsified(
        double[] b, double[][] models, OracleParameters p, Func<double[], int, double[]> sparsify)
    {
        var vectors = TaskVectors(b, models);
        foreach (var k in Enumerable.Range(0, vectors.Length))
        {
            var kept = sparsify(vectors[k], k);
            var (before, after) = (vectors[k].Sum(Math.Abs), kept.Sum(Math.Abs));
            if (p.Rescale && p.Words.GetValueOrDefault("rescale_by") == "density")
                kept = p.ModelNumbers.ContainsKey("epsilon")
                    ? [.. kept.Zip(Sparsifiers.Probabilities(vectors[k], k, p), (e, q) => e == 0 ? 0 : e / q)]
                    : [.. kept.Select(e => p.Density[k] > 0 ? e / p.Density[k] : e)];
            // A norm under 1e-7 is not restored.
            else if (p.Rescale && before >= 1e-7 && after >= 1e-7) kept = [.. kept.Select(e => e * (before / after))];
            vectors[k] = kept;
        }
        return vectors;
    }

    static double[] AddSum(double[] b, double[][] vectors, OracleParameters p)
    {
        var divisor = p.Normalize ? p.Weight.Sum() : 1;
        if (Math.Abs(divisor) < 1e-8) divisor = 1;
        var y = new double[b.Length];
        for (var i = 0; i < y.Length; i++)
        {
            var sum = 0.0;
            for (var k = 0; k < vectors.Length; k++) sum += p.Weight[k] * vectors[k][i];
            y[i] = b[i] + p.Lambda * (sum / divisor);
        }
        return y;
    }

    /// <summary>
    /// The sign of the weighted sum is elected, plus for zero; entries of that sign are added. If normalized their sum
    /// is divided by the weights of the models that have one, or by 1 where these sum to 0.
    /// </summary>
    static double[] AddElected(double[] b, double[][] vectors, OracleParameters p)
    {
        var y = new double[b.Length];
        for (var i = 0; i < y.Length; i++)
        {
            double total = 0, sum = 0, agreeing = 0;
            for (var k = 0; k < vectors.Length; k++) total += p.Weight[k] * vectors[k][i];
            for (var k = 0; k < vectors.Length; k++)
            {
                var vote = p.Weight[k] * vectors[k][i];
                if (!(total >= 0 ? vote > 0 : vote < 0)) continue;
                sum += vote;
                agreeing += p.Weight[k];
            }
            var divisor = p.Normalize && agreeing != 0 ? agreeing : 1;
            y[i] = double.IsNaN(total) ? double.NaN : b[i] + p.Lambda * (sum / divisor);
        }
        return y;
    }

    /// <summary>Task vectors weighted by their squared lengths.</summary>
    public static double[] MetaGpt(double[] b, double[][] models, OracleParameters p)
    {
        var vectors = TaskVectors(b, models);
        double[] squares = [.. vectors.Select(d => d.Sum(e => e * e))];
        return AddSum(b, vectors, p with { Weight = [.. squares.Select(s => s / Math.Max(squares.Sum(), 1e-300))] });
    }

    /// <summary>The weighted sum where at least k models need it, times alpha.</summary>
    public static double[] ConsensusTa(double[] b, double[][] models, OracleParameters p) =>
        AddAgreed(b, models, Change(b, AddSum(b, TaskVectors(b, models), p)), p);

    /// <summary>The same with what TIES adds to the base.</summary>
    public static double[] ConsensusTies(double[] b, double[][] models, OracleParameters p) =>
        AddAgreed(b, models, Change(b, Ties(b, models, p)), p);

    static double[] Change(double[] b, double[] merged) => [.. merged.Zip(b, (left, right) => left - right)];

    static double[] AddAgreed(double[] b, double[][] models, double[] merged, OracleParameters p) =>
        [.. b.Select((x, i) =>
        {
            var needs = models.Where((m, k) =>
                Math.Abs(m[i] - x) > p.ModelNumbers["lambda"][k] * Math.Abs(merged[i] - (m[i] - x))).Count();
            return double.IsNaN(merged[i]) ? double.NaN : needs >= p["k"] ? x + p["alpha"] * merged[i] : x;
        })];
}
