using FastMerge.Primitives;
using static FastMerge.Primitives.Ops;

namespace FastMerge.Methods;

/// <summary>Greedy soup: the average of those models that each raised the held-out score of the soup before.</summary>
/// <remarks>
/// Source: Wortsman et al. 2022, Model soups, arXiv:2203.05482, recipe 1.
/// Computes: models in order of their own score, best first; the soup starts with the best, and each next model stays
/// in it if the score of the average does not fall; y = average of the soup. Shapes: any.
/// Scores come from a file whose rows are averages (1 for each ingredient) and their score, higher being better. Where
/// the next score that the procedure needs is not in it, the recipe is refused and the average to evaluate is named.
/// Models outside the soup are passed over whatever they hold.
/// </remarks>
sealed class GreedySoup : MergeMethod
{
    static readonly Table Scores = new("scores", "score", Soup, "averages of the models and their scores");

    public override MethodSignature Signature { get; } = new(
        "greedy_soup", "average of the models that raise the score of the soup",
        "Wortsman et al. 2022, arXiv:2203.05482", BaseUse.Ignored, 1, Unlimited, Scores);

    public override Tensor Merge(MergeInputs x) =>
        SumOfChosen(x.Models, x[Scores]) / Scalar.SumOverModels(x[Scores]);

    static double[] Soup(EvaluationTable table)
    {
        var models = Enumerable.Range(0, table.Models.Count).ToArray();
        var alone = models.ToDictionary(k => k, k => ScoreOf(table, [k]));
        var soup = new List<int>();
        var best = double.NegativeInfinity;
        foreach (var candidate in models.OrderByDescending(k => alone[k]))
        {
            int[] tried = [.. soup, candidate];
            var score = ScoreOf(table, tried);
            if (score < best) continue;
            best = score;
            soup.Add(candidate);
        }
        return [.. models.Select(k => soup.Contains(k) ? 1.0 : 0.0)];
    }

    static double ScoreOf(EvaluationTable table, int[] soup)
    {
        Evaluation[] rows = [.. table.Of(soup)];
        var name = string.Join(", ", soup.Select(k => table.Models[k]));
        return rows switch
        {
            [var row] => row.Result,
            [] when soup.Length == 1 => throw table.Refuse($"no score of {name} alone; evaluate it next"),
            [] => throw table.Refuse($"no score of the next average; evaluate the uniform average of {name}"),
            _ => throw table.Refuse($"lines {rows[0].Line} and {rows[1].Line} both score {name}; accepted: one line"),
        };
    }
}
