using FastMerge.Testing.Checkpoints;

namespace FastMerge.Tests.Adapters;

/// <summary>LoRA folds in binary64, from the definitions, one element at a time.</summary>
static class FoldOracle
{
    /// <summary>W + s B A, with W seen as rows x all other axes.</summary>
    public static double[] Linear(StoredTensor weight, StoredTensor a, StoredTensor b, double scale)
    {
        var (w, x, y) = (Doubles(weight), Doubles(a), Doubles(b));
        var (rows, rank) = (weight.Shape[0], a.Shape[0]);
        var columns = w.Length / rows;
        return Fill(w, (i, j) => Sum(rank, k => y[i * rank + k] * x[k * columns + j]) * scale, columns);
    }

    /// <summary>W + s (B A)^T: embeddings, and weights that are stored by inputs.</summary>
    public static double[] Transposed(StoredTensor weight, StoredTensor a, StoredTensor b, double scale)
    {
        var (w, x, y) = (Doubles(weight), Doubles(a), Doubles(b));
        var (rows, columns, rank) = (weight.Shape[0], weight.Shape[1], a.Shape[0]);
        return Fill(w, (i, j) => Sum(rank, k => y[j * rank + k] * x[k * rows + i]) * scale, columns);
    }

    /// <summary>Of experts e: W[e, i, j] + s sum_k A[e, k, i] B[j, k, e]; exchanged, A and B change i and j.</summary>
    public static double[] Experts(StoredTensor weight, StoredTensor a, StoredTensor b, double scale, bool exchanged)
    {
        var (w, x, y) = (Doubles(weight), Doubles(a), Doubles(b));
        var (experts, rows, columns) = (weight.Shape[0], weight.Shape[1], weight.Shape[2]);
        var rank = a.Shape[0] / experts;
        return [.. w.Select((value, at) =>
        {
            var (e, i, j) = (at / (rows * columns), at / columns % rows, at % columns);
            var (inner, outer) = exchanged ? (j, i) : (i, j);
            return value + scale * Sum(rank, k =>
                x[(e * rank + k) * a.Shape[1] + inner] * y[(outer * rank + k) * experts + e]);
        })];
    }

    /// <summary>Rows scaled to norms.</summary>
    public static double[] Normed(double[] values, StoredTensor magnitudes)
    {
        var norms = Doubles(magnitudes);
        var columns = values.Length / norms.Length;
        return [.. values.Chunk(columns).SelectMany((row, i) =>
        {
            var factor = norms[i] / Math.Sqrt(row.Sum(x => x * x));
            return row.Select(v => v * factor);
        })];
    }

    /// <summary>The elements.</summary>
    public static double[] Doubles(StoredTensor tensor) => [.. tensor.ToFloats().Select(v => (double)v)];

    static double[] Fill(double[] w, Func<long, long, double> update, long columns) =>
        [.. w.Select((v, at) => v + update(at / columns, at % columns))];

    static double Sum(long count, Func<long, double> term)
    {
        var sum = 0.0;
        for (var k = 0L; k < count; k++) sum += term(k);
        return sum;
    }
}
