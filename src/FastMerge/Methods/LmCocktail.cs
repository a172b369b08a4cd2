using FastMerge.Primitives;
using static FastMerge.Primitives.Ops;

namespace FastMerge.Methods;

/// <summary>LM-Cocktail: average with weights that follow from the models' losses on a few examples.</summary>
/// <remarks>
/// Source: Xiao et al. 2023, LM-Cocktail, arXiv:2311.13534.
/// Computes: w = softmax(-loss / temperature) over the models (binary64); y = sum_k w_k x_k. Shapes: any. The base
/// takes part if it is listed under <c>models</c>.
/// Losses are either given for each model or read from a file whose rows are models (1 in their column) and the loss;
/// several rows of a model are averaged.
/// </remarks>
sealed class LmCocktail : MergeMethod
{
    static readonly PerModel Loss = new("loss", null, Bounds.Any, "loss of the model on the examples", optional: true);
    static readonly Table Eval = new("eval", "loss", Losses, "models and their losses", optional: true);
    static readonly Global Temperature = new(
        "temperature", 5, new(1e-9, double.PositiveInfinity), "large: equal weights; small: the best model alone");

    public override MethodSignature Signature { get; } = new(
        "lm_cocktail", "average with weights from losses on a few examples", "Xiao et al. 2023, arXiv:2311.13534",
        BaseUse.Ignored, 1, Unlimited, Loss, Eval, Temperature);

    public override Tensor Merge(MergeInputs x)
    {
        var losses = x.IsSet(Loss) ? x[Loss] : x[Eval];
        var weights = Scalar.ModelCoefficients(v => Weights(v[0], v[1][0]), losses, x[Temperature]);
        return Sum(x.Models * weights) / Scalar.SumOverModels(weights);
    }

    public override string? Complaint(MethodSwitches switches, Func<Parameter, double[]> values) =>
        switches.IsOn(Loss) != switches.IsOn(Eval) ? null
        : "method lm_cocktail takes either 'loss' of every model or 'eval', a CSV file";

    static double[] Weights(double[] losses, double temperature)
    {
        double[] shares = [.. losses.Select(loss => Math.Exp((losses.Min() - loss) / temperature))];
        return [.. shares.Select(s => s / shares.Sum())];
    }

    static double[] Losses(EvaluationTable table) => [.. Enumerable.Range(0, table.Models.Count).Select(k =>
        table.Of([k]).Select(r => (double?)r.Result).Average()
            ?? throw table.Refuse($"no loss of {table.Models[k]} alone; accepted: a row with 1 in its column only"))];
}
