namespace FastMerge.Testing.Oracles;

/// <summary>
/// Each method written down from its formula in binary64 over plain arrays, without the product's expressions, so
/// that a wrong expression shows.
/// </summary>
public static class MergeOracles
{
    public delegate double[] Oracle(double[]? baseTensor, double[][] models, OracleParameters parameters);

    /// <summary>The oracle of each method, by recipe name.</summary>
    public static IReadOnlyDictionary<string, Oracle> ByName { get; } = new Dictionary<string, Oracle>
    {
        ["linear"] = (_, x, p) => Linear(x, p),
        ["passthrough"] = (_, x, p) => Passthrough(x, p),
        ["slerp"] = (b, x, p) => Slerp(b!, x, p),
        ["model_stock"] = (b, x, p) => ModelStock(b!, x, p),
        ["task_arithmetic"] = (b, x, p) => TaskVectorOracles.TaskArithmetic(b!, x, p),
        ["ties"] = (b, x, p) => TaskVectorOracles.Ties(b!, x, p),
        ["dare_linear"] = (b, x, p) => TaskVectorOracles.DareLinear(b!, x, p),
        ["dare_ties"] = (b, x, p) => TaskVectorOracles.DareTies(b!, x, p),
        ["breadcrumbs"] = (b, x, p) => TaskVectorOracles.Breadcrumbs(b!, x, p),
        ["breadcrumbs_ties"] = (b, x, p) => TaskVectorOracles.BreadcrumbsTies(b!, x, p),
        ["nuslerp"] = (b, x, p) => SphereOracles.Nuslerp(b!, x, p),
        ["multislerp"] = (b, x, p) => SphereOracles.Multislerp(b!, x, p),
        ["karcher"] = (_, x, p) => SphereOracles.Karcher(x, p),
        ["nearswap"] = (b, x, p) => ActivityOracles.Nearswap(b!, x, p),
        ["ram"] = (b, x, p) => ActivityOracles.Ram(b!, x, p),
        ["ramplus_tl"] = (b, x, p) => ActivityOracles.RamplusTl(b!, x, p),
        ["arcee_fusion"] = (b, x, p) => RankOracles.ArceeFusion(b!, x, p),
        ["magmax"] = (b, x, p) => RankOracles.Magmax(b!, x, p),
        ["pcb"] = (b, x, p) => RankOracles.Pcb(b!, x, p),
        ["della"] = (b, x, p) => TaskVectorOracles.Della(b!, x, p),
        ["della_linear"] = (b, x, p) => TaskVectorOracles.DellaLinear(b!, x, p),
        ["metagpt"] = (b, x, p) => TaskVectorOracles.MetaGpt(b!, x, p),
        ["consensus_ta"] = (b, x, p) => TaskVectorOracles.ConsensusTa(b!, x, p),
        ["consensus_ties"] = (b, x, p) => TaskVectorOracles.ConsensusTies(b!, x, p),
        ["uniform_soup"] = (_, x, _) => SoupOracles.Uniform(x),
        ["greedy_soup"] = (_, x, p) => SoupOracles.Greedy(x, p),
        ["checkpoint_average"] = (_, x, p) => SoupOracles.Checkpoints(x, p),
        ["lm_cocktail"] = (_, x, p) => SoupOracles.LmCocktail(x, p),
        ["cape"] = (b, x, p) => SoupOracles.Cape(b!, x, p),
        ["sparse_soup"] = (_, x, p) => SoupOracles.Sparse(x, p),
        ["assembly_of_experts"] = (b, x, p) => SoupOracles.Assembly(b!, x, p),
        ["sce"] = (b, x, p) => ActivityOracles.Sce(b!, x, p),
        ["svc"] = (b, x, p) => TaskVectorOracles.Ties(b!, x, p),
        ["star"] = (b, x, p) => VectorOracles.Star(b!, x, p),
        ["iso_c"] = (b, x, p) => VectorOracles.MeanOfTasks(b!, x, p),
        ["iso_cts"] = (b, x, p) => VectorOracles.MeanOfTasks(b!, x, p),
        ["tsv"] = (b, x, p) => VectorOracles.MeanOfTasks(b!, x, p),
        ["lore"] = (_, x, _) => SoupOracles.Uniform(x),
        ["knots"] = (b, x, p) => TaskVectorOracles.Ties(b!, x, p),
        ["core_space"] = (b, x, p) => TaskVectorOracles.Ties(b!, x, p),
        ["drm"] = (b, x, p) => ElectionOracles.MeanOfElected(b!, x, p),
        ["stf"] = (b, x, p) => VectorOracles.MeanOfTasks(b!, x, p),
        ["wudi"] = (b, x, p) => VectorOracles.MeanOfTasks(b!, x, p),
        ["twin"] = (b, x, p) => VectorOracles.Twin(b!, x, p),
    };

    /// <summary>y = sum_k w_k x_k, divided by sum_k w_k if normalized.</summary>
    public static double[] Linear(double[][] models, OracleParameters p)
    {
        var divisor = p.Normalize ? p.Weight.Sum() : 1;
        var y = new double[models[0].Length];
        for (var i = 0; i < y.Length; i++)
        {
            for (var k = 0; k < models.Length; k++) y[i] += p.Weight[k] * models[k][i];
            y[i] /= divisor;
        }
        return y;
    }

    /// <summary>The only model, or the model times its scale.</summary>
    public static double[] Passthrough(double[][] models, OracleParameters p) =>
        [.. models.Single().Select(x => p.Scale is { } scale ? scale * x : x)];

    /// <summary>
    /// Along the arc from b (t = 0) to x (t = 1), whole tensors as vectors; along the straight line where they are
    /// nearly parallel or opposed.
    /// </summary>
    public static double[] Slerp(double[] b, double[][] models, OracleParameters p)
    {
        var (x, t) = (models.Single(), p.T);
        var (u, v) = (UnitVector(b), UnitVector(x));
        var cosine = u.Zip(v, (left, right) => left * right).Sum();
        var (ofBase, ofModel) = (1 - t, t);
        if (Math.Abs(cosine) <= 0.9995)
        {
            var angle = Math.Acos(cosine);
            ofBase = Math.Sin((1 - t) * angle) / Math.Sin(angle);
            ofModel = Math.Sin(t * angle) / Math.Sin(angle);
        }
        return [.. b.Zip(x, (left, right) => ofBase * left + ofModel * right)];
    }

    /// <summary>
    /// y = t mean(x) + (1 - t) b with t = N c / (1 + (N - 1) c), c the mean cosine between task vectors, for the whole
    /// tensor or row by row.
    /// </summary>
    public static double[] ModelStock(double[] b, double[][] models, OracleParameters p)
    {
        var row = p.FilterWise && p.RowLength > 0 ? p.RowLength : b.Length;
        var y = new double[b.Length];
        for (var start = 0; start < b.Length; start += row)
        {
            var ratio = StockRatio(b, models, start, row);
            for (var i = start; i < start + row; i++)
                y[i] = ratio * models.Average(x => x[i]) + (1 - ratio) * b[i];
        }
        return y;
    }

    static double StockRatio(double[] b, double[][] models, int start, int row)
    {
        double Dot(double[] x, double[] z)
        {
            var sum = 0.0;
            for (var i = start; i < start + row; i++) sum += (x[i] - b[i]) * (z[i] - b[i]);
            return sum;
        }

        var cosines = new List<double>();
        for (var i = 0; i < models.Length; i++)
            for (var j = i + 1; j < models.Length; j++)
            {
                var norms = Math.Sqrt(Dot(models[i], models[i])) * Math.Sqrt(Dot(models[j], models[j]));
                cosines.Add(Math.Clamp(Dot(models[i], models[j]) / Math.Max(norms, 1e-6), -1, 1));
            }
        var mean = cosines.Average();
        var divisor = 1 + (models.Length - 1) * mean;
        return divisor == 0 ? 0 : models.Length * mean / divisor;
    }

    static double[] UnitVector(double[] x)
    {
        var norm = Math.Sqrt(x.Sum(e => e * e));
        return norm > 1e-8 ? [.. x.Select(e => e / norm)] : x;
    }
}
