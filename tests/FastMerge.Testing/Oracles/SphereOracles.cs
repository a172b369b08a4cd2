namespace FastMerge.Testing.Oracles;

/// <summary>The methods that treat tensors as directions and lengths, on whole vectors in binary64.</summary>
public static class SphereOracles
{
    /// <summary>
    /// On the arc between two models or task vectors, at w_1 / (w_0 + w_1); along a straight line where they are
    /// parallel or opposed. Whole tensors, rows or columns.
    /// </summary>
    public static double[] Nuslerp(double[] b, double[][] models, OracleParameters p)
    {
        var sum = p.Weight[0] + p.Weight[1];
        var t = Math.Abs(sum) < 1e-6 ? 0.5 : p.Weight[1] / sum;
        var vectors = Vectors(b, models, p);
        var y = new double[b.Length];
        foreach (var part in Parts(b.Length, p))
        {
            double[] v0 = [.. part.Select(i => vectors[0][i])], v1 = [.. part.Select(i => vectors[1][i])];
            var cosine = Dot(v0, v1) / (Math.Max(Norm(v0), 1e-7) * Math.Max(Norm(v1), 1e-7));
            var angle = Math.Acos(Math.Clamp(cosine, -1, 1));
            var (first, second) = Math.Abs(Math.Sin(angle)) < 1e-8 ? (1 - t, t)
                : (Math.Sin((1 - t) * angle) / Math.Sin(angle), Math.Sin(t * angle) / Math.Sin(angle));
            for (var i = 0; i < part.Length; i++) y[part[i]] = first * v0[i] + second * v1[i];
        }
        return AddBase(b, y, p);
    }

    /// <summary>
    /// Unit vectors projected on the sphere's tangent plane at their weighted mean, averaged there, and brought back,
    /// as mergekit does it.
    /// </summary>
    public static double[] Multislerp(double[] b, double[][] models, OracleParameters p)
    {
        if (models.Length == 1) return models[0];
        var (eps, total) = (p["eps"], p.Weight.Sum());
        double[] w = [.. p.Weight.Select(x => p.Is("normalize_weights") ? x / total : x)];
        var vectors = Vectors(b, models, p);
        double[][] units = [.. vectors.Select(v => Scaled(v, 1 / (Norm(v) + eps)))];
        var mean = Mix(units, w);
        if (Norm(mean) < eps) return AddBase(b, Mix(vectors, w), p);
        mean = Scaled(mean, 1 / Norm(mean));
        double[][] tangents = [.. units.Select(u => Mix([u, mean], [1, -Dot(u, mean)]))];
        var tangent = Mix(tangents, w);
        var angle = Norm(tangent) + eps;
        var point = Mix([mean, tangent], [Math.Cos(angle), Math.Sin(angle) / angle]);
        return AddBase(b, Scaled(point, vectors.Select((v, k) => w[k] * Norm(v)).Sum()), p);
    }

    /// <summary>The mean of unit vectors on the sphere by steps in the tangent plane, times the mean length.</summary>
    public static double[] Karcher(double[][] models, OracleParameters p)
    {
        if (models.Length == 1) return models[0];
        var tol = p["tol"];
        double[][] units = [.. models.Where(x => Norm(x) > tol).Select(x => Scaled(x, 1 / Norm(x)))];
        if (units.Length == 0) return new double[models[0].Length];
        double[] equal = [.. units.Select(_ => 1.0 / units.Length)];
        var u = Mix(units, equal);
        u = Norm(u) < tol ? units[0] : Scaled(u, 1 / Norm(u));
        for (var step = 0; step < p["max_iter"]; step++)
        {
            var tangent = new double[u.Length];
            foreach (var unit in units)
            {
                var cosine = Math.Clamp(Dot(unit, u), -1, 1);
                var angle = Math.Acos(cosine);
                if (angle < tol || Math.Sin(angle) < 1e-9) continue;
                var toward = Mix([unit, u], [1, -cosine]);
                tangent = Mix([tangent, toward], [1, angle / Math.Sin(angle) / units.Length]);
            }
            var length = Norm(tangent);
            if (length < tol) break;
            u = Mix([u, tangent], [Math.Cos(length), Math.Sin(length) / length]);
            if (Norm(u) > tol) u = Scaled(u, 1 / Norm(u));
        }
        return Scaled(u, models.Average(Norm));
    }

    static double[][] Vectors(double[] b, double[][] models, OracleParameters p) =>
        p.HasBase ? [.. models.Select(x => Mix([x, b], [1, -1]))] : models;

    static double[] AddBase(double[] b, double[] y, OracleParameters p) => p.HasBase ? Mix([b, y], [1, 1]) : y;

    static IEnumerable<int[]> Parts(int count, OracleParameters p)
    {
        var all = Enumerable.Range(0, count);
        if (p.Is("nuslerp_flatten") || p.RowLength == 0) return [[.. all]];
        return all.GroupBy(i => p.Is("nuslerp_row_wise") ? i % p.RowLength : i / p.RowLength).Select(g => g.ToArray());
    }

    static double Dot(double[] x, double[] y) => x.Zip(y, (a, b) => a * b).Sum();

    static double Norm(double[] x) => Math.Sqrt(Dot(x, x));

    static double[] Scaled(double[] x, double factor) => [.. x.Select(e => factor * e)];

    static double[] Mix(double[][] x, double[] w) =>
        [.. Enumerable.Range(0, x[0].Length).Select(i => x.Select((v, k) => w[k] * v[i]).Sum())];
}
