using FastMerge.Primitives;

namespace FastMerge.Tests.Primitives;

/// <summary>What symbolic tensors and side values know of themselves.</summary>
public class ExpressionTests
{
    static readonly Scalar Weight = Scalar.Of(new PerModel("weight", 1, Bounds.Any, ""));

    [Fact]
    public void A_value_of_each_model_makes_its_users_per_model_until_a_sum()
    {
        var (b, models) = (Tensor.Base(), Tensor.Models());
        Assert.False((b * 2.0).PerModel);
        Assert.True((models - b).PerModel);
        Assert.True((b * Weight).PerModel);
        Assert.True(Tensor.Choose(Tensor.Binary(OpKind.Less, b, models), b, 0.0).PerModel);
        Assert.False(Ops.Sum(models * Weight).PerModel);
        Assert.False(Scalar.SumOverModels(Weight).PerModel);
        Assert.True(Scalar.IfLess(0, 1, Weight, 2).PerModel);
    }

    [Fact]
    public void Comparisons_are_masks_and_choices_are_not()
    {
        var mask = Tensor.WithScalar(OpKind.Equal, Tensor.Base(), 0.0);
        Assert.True(mask.IsMask);
        Assert.True(Tensor.Unary(OpKind.Not, mask).IsMask);
        Assert.False(Tensor.Choose(mask, 1.0, 2.0).IsMask);
        Assert.False(Ops.ElectSign(Tensor.Base()).IsMask);
    }

    [Fact]
    public void Levels_count_the_readings_that_come_before()
    {
        var models = Tensor.Models();
        var norm = Ops.AbsoluteSum(models);
        Assert.Equal((0, 1), (models.Level, norm.Level));
        var trimmed = Ops.KeepLargest(models / norm, 0.5);
        Assert.Equal(2, trimmed.Level);
        Assert.Equal(3, Ops.NormRestoringScale(models, trimmed).Level);
    }

    [Fact]
    public void Rows_spread_through_side_values()
    {
        var models = Tensor.Models();
        Assert.True((Ops.Gram(models, Scope.Row) + 1).Rows);
        Assert.True(Scalar.Coefficients(v => v[0][0], Ops.Gram(models, Scope.Row)).Rows);
        Assert.False(Ops.Gram(models).Rows);
    }

    [Fact]
    public void A_gram_matrix_is_not_a_value_of_each_model()
    {
        Assert.False(Ops.Gram(Tensor.Models()).PerModel);
        Assert.True(Ops.Dot(Tensor.Base(), Tensor.Models()).PerModel);
    }

    [Fact]
    public void Inputs_give_the_same_symbol_for_the_same_parameter()
    {
        var parameter = new Global("t", null, Bounds.Any, "");
        var inputs = new MergeInputs(new(1, true, false), MethodSwitches.None);
        Assert.Same(inputs[parameter], inputs[parameter]);
        Assert.Same(inputs.TaskVectors, inputs.TaskVectors);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, true)]
    [InlineData(1.7, false)]
    [InlineData(-1e-9, false)]
    [InlineData(double.NaN, false)]
    public void The_unit_interval_includes_its_ends(double value, bool accepted) =>
        Assert.Equal(accepted, Bounds.UnitInterval.Contains(value));

    [Fact]
    public void Any_bounds_accept_finite_numbers_alone()
    {
        Assert.True(Bounds.Any.Contains(-1e300));
        Assert.False(Bounds.Any.Contains(double.PositiveInfinity));
        Assert.Equal("a number from 0 to 1", Bounds.UnitInterval.ToString());
    }
}
