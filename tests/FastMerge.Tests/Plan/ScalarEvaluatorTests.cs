using FastMerge.Plan;
using FastMerge.Primitives;

namespace FastMerge.Tests.Plan;

/// <summary>Side values in binary64.</summary>
public class ScalarEvaluatorTests
{
    static readonly PerModel Weight = new("weight", 1, Bounds.Any, "");
    static readonly Global Lambda = new("lambda", 1, Bounds.Any, "");

    [Fact]
    public void Arithmetic_works_model_by_model_and_repeats_single_values()
    {
        var (w, l) = (Scalar.Of(Weight), Scalar.Of(Lambda));
        Assert.Equal([10, 20, 30], Evaluate(w * l));
        Assert.Equal([9, 8, 7], Evaluate(l - w));
        Assert.Equal([0.1, 0.2, 3 / 10.0], Evaluate(w / l));
        Assert.Equal([11, 12, 13], Evaluate(w + l));
        Assert.Equal([2, 2, 3], Evaluate(Scalar.Max(w, 2)));
        Assert.Equal([1, 2, 2], Evaluate(Scalar.Min(w, 2)));
        Assert.Equal([0, 1, 1], Evaluate(Scalar.Floor(w / 2)));
        Assert.Equal([10, 10, 3], Evaluate(Scalar.IfLess(w, 3, l, w)));
        Assert.Equal([6], Evaluate(Scalar.SumOverModels(w)));
        Assert.Equal([30], Evaluate(Scalar.SumOverModels(l)));
        Assert.Equal([100], Evaluate(Scalar.ElementCount));
        Assert.Equal([3], Evaluate(Scalar.ModelCount));
    }

    [Fact]
    public void A_weight_sum_near_zero_becomes_one()
    {
        Assert.Equal([6], Evaluate(Ops.WeightSum(Scalar.Of(Weight))));
        Assert.Equal([-6], Evaluate(Ops.WeightSum(0 - Scalar.Of(Weight))));
        Assert.Equal([1], Evaluate(Ops.WeightSum(Scalar.Of(Weight) * 1e-9)));
        Assert.Equal([1], Evaluate(Ops.WeightSum(Scalar.Of(Weight) * -1e-9)));
    }

    [Fact]
    public void Coefficients_see_all_their_operands()
    {
        var sum = Scalar.Coefficients(v => v[0].Sum() + 100 * v[1][0], Scalar.Of(Weight), Scalar.Of(Lambda));
        Assert.Equal([1006], Evaluate(sum));
    }

    [Fact]
    public void A_new_row_forgets_what_depended_on_the_old_one()
    {
        var reduction = new Reduction(ReductionKind.Sum, Scope.Row, Tensor.Base());
        var doubled = Scalar.Of(reduction) * 2;
        var evaluator = Evaluator();
        evaluator.SetReduction(reduction, [4]);
        Assert.Equal([8], evaluator.Evaluate(doubled));
        evaluator.SetReduction(reduction, [5]);
        Assert.Equal([10], evaluator.Evaluate(doubled));
    }

    [Theory]
    [InlineData(0.299, true, 29, false)]
    [InlineData(0.001, true, 1, true)]
    [InlineData(0.001, false, 0, false)]
    [InlineData(-3, true, 1, true)]
    [InlineData(7, true, 100, false)]
    public void A_cut_keeps_a_whole_number_of_elements(double density, bool atLeastOne, long kept, bool raised)
    {
        var cut = new Cut(Tensor.Models(), Scalar.Floor(density * Scalar.ElementCount), atLeastOne);
        Assert.Equal([kept, kept, kept], Evaluator().KeptElements(cut, out var wasRaised));
        Assert.Equal(raised, wasRaised);
    }

    [Fact]
    public void An_empty_tensor_keeps_nothing_and_raises_nothing()
    {
        var cut = new Cut(Tensor.Base(), Scalar.ElementCount, true);
        Assert.Equal([0], Evaluator(elements: 0).KeptElements(cut, out var raised));
        Assert.False(raised);
    }

    static ScalarEvaluator Evaluator(long elements = 100) => new(
        new(new Dictionary<Parameter, double[]> { [Weight] = [1, 2, 3], [Lambda] = [10] }, MethodSwitches.None),
        elements, modelCount: 3);

    static double[] Evaluate(Scalar scalar) => Evaluator().Evaluate(scalar);
}
