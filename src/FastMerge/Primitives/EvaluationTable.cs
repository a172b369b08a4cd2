using FastMerge.Core;

namespace FastMerge.Primitives;

/// <summary>An average of models that somebody has evaluated.</summary>
/// <param name="Line">Where it stands in its file.</param>
/// <param name="Coefficients">The weight of each of the recipe's models.</param>
/// <param name="Result">The number in the metric's column.</param>
sealed record Evaluation(int Line, double[] Coefficients, double Result)
{
    /// <summary>The models of a uniform average, by index; null where the weights differ.</summary>
    public int[]? Ingredients
    {
        get
        {
            int[] used = [.. Enumerable.Range(0, Coefficients.Length).Where(k => Coefficients[k] != 0)];
            return used.Length > 0 && used.All(k => Coefficients[k] == Coefficients[used[0]]) ? used : null;
        }
    }
}

/// <summary>The rows of an evaluation file, for the models of a recipe.</summary>
/// <param name="Models">The models' names, in recipe order.</param>
/// <param name="Rows">The evaluated averages, in file order.</param>
/// <param name="Refuse">The failure that names the file.</param>
sealed record EvaluationTable(
    IReadOnlyList<string> Models, IReadOnlyList<Evaluation> Rows, Func<string, FastMergeException> Refuse)
{
    /// <summary>The rows that are the uniform average of just these models.</summary>
    public IEnumerable<Evaluation> Of(IEnumerable<int> models)
    {
        var wanted = models.ToHashSet();
        return Rows.Where(r => r.Ingredients is { } used && wanted.SetEquals(used));
    }
}
