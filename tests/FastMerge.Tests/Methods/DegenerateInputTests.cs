using FastMerge.Plan;
using FastMerge.Primitives;
using FastMerge.Testing.Reference;

namespace FastMerge.Tests.Methods;

/// <summary>What methods do at the ends of their formulas.</summary>
public class DegenerateInputTests
{
    static MethodArguments One => new MethodArguments().Set("weight", 1);

    [Theory]
    [InlineData(1.0)]
    [InlineData(-1.0)]
    public void Slerp_of_parallel_tensors_interpolates_linearly(double factor)
    {
        var other = Examples.Base.Select(v => (float)(v * factor)).ToArray();
        var merged = Examples.Run("slerp", new MethodArguments().Set("t", 0.25), Examples.Base, other);
        Examples.Near([.. Examples.Base.Select(v => v * (0.75 + 0.25 * factor))], merged);
    }

    [Fact]
    public void Slerp_of_right_angles_uses_sines()
    {
        var merged = Examples.Run("slerp", new MethodArguments().Set("t", 1 / 3.0), [2, 0], [0, 4]);
        Examples.Near([2 * Math.Sqrt(3) / 2, 4 * 0.5], merged);
    }

    [Fact]
    public void Slerp_from_zero_is_at_a_right_angle()
    {
        var merged = Examples.Run("slerp", new MethodArguments().Set("t", 1 / 3.0), [0, 0], [3, 4]);
        Examples.Near([1.5, 2], merged);
    }

    [Fact]
    public void Slerp_counts_a_norm_of_1e_minus_8_as_one()
    {
        // cos = 1e-9 with the norm taken as 1; with the true norm the vectors are parallel.
        var merged = Examples.Run("slerp", new MethodArguments().Set("t", 1 / 3.0), [1e-9f, 0], [8, 0]);
        Examples.Near([4, 0], merged);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Slerp_ends_are_the_inputs(double t)
    {
        var merged = Examples.Run("slerp", new MethodArguments().Set("t", t), Examples.Models[0], Examples.Models[1]);
        Examples.Near([.. Examples.Models[(int)t].Select(v => (double)v)], merged);
    }

    [Fact]
    public void Slerp_keeps_a_NaN_to_its_element()
    {
        var merged = Examples.Run("slerp", new MethodArguments().Set("t", 0.5), [1, 2, 3], [3, float.NaN, 5]);
        Assert.Equal([2, float.NaN, 4], merged);
    }

    [Fact]
    public void Linear_with_weights_that_cancel_divides_by_zero()
    {
        var merged = Examples.Run("linear", new MethodArguments().Set("weight", 1, -1), null, [1, 2], [1, 1]);
        Assert.Equal([float.NaN, float.PositiveInfinity], merged);
    }

    [Fact]
    public void Task_arithmetic_with_weights_that_cancel_divides_by_one()
    {
        var arguments = new MethodArguments().Set("weight", 1, -1).Set("normalize", true);
        Assert.Equal([1f, 3f], Examples.Run("task_arithmetic", arguments, [1, 1], [3, 4], [3, 2]));
    }

    [Fact]
    public void Ties_elects_plus_where_votes_cancel()
    {
        var arguments = new MethodArguments().Set("weight", 1, 1);
        Assert.Equal([12f, 8f], Examples.Run("ties", arguments, [10, 10], [12, 10], [8, 8]));
    }

    [Fact]
    public void Ties_flips_the_vote_of_a_negative_weight()
    {
        var arguments = new MethodArguments().Set("weight", 1, -2).Set("normalize", false);
        Assert.Equal([14f], Examples.Run("ties", arguments, [10], [7], [8]));
    }

    [Fact]
    public void Ties_divides_by_one_where_agreeing_weights_cancel()
    {
        var arguments = new MethodArguments().Set("weight", 1, -1);
        Assert.Equal([15f], Examples.Run("ties", arguments, [10], [12], [7]));
    }

    [Fact]
    public void Ties_yields_NaN_where_a_task_vector_is_NaN()
    {
        var arguments = new MethodArguments().Set("weight", 1, 1);
        Assert.Equal([float.NaN, 12], Examples.Run("ties", arguments, [10, 10], [float.NaN, 12], [11, 12]));
    }

    [Fact]
    public void Ties_keeps_equal_magnitudes_in_index_order()
    {
        var arguments = One.Set("density", 0.6);
        Assert.Equal([0f, 5, -3, 3, 0], Examples.Run("ties", arguments, new float[5], [1, 5, -3, 3, 3]));
    }

    [Theory]
    [InlineData("ties")]
    [InlineData("breadcrumbs")]
    public void A_density_that_keeps_nothing_is_raised_to_one_element(string method)
    {
        var merge = Examples.Merge(method, One.Set("density", 0.1));
        var merged = merge.Run(Examples.Stored(new float[4]), Examples.Stored([1, -4, 2, 4])!);
        Assert.Equal([0f, -4, 0, 0], merged.ToArray());
        Assert.True(merge.Raised);
    }

    [Fact]
    public void Breadcrumbs_with_no_element_at_the_top_trims_only_the_bottom()
    {
        var arguments = One.Set("density", 0.5).Set("gamma", 0.2);
        Assert.Equal([0f, -4, 0, 4], Examples.Run("breadcrumbs", arguments, new float[4], [1, -4, 2, 4]));
    }

    [Fact]
    public void Breadcrumbs_zeroes_fewer_at_the_top_when_both_ends_exceed_the_tensor()
    {
        var arguments = One.Set("density", 0.75).Set("gamma", 0.5);
        Assert.Equal([1f, -3, 2, 0], Examples.Run("breadcrumbs", arguments, new float[4], [1, -3, 2, 4]));
    }

    [Fact]
    public void Breadcrumbs_at_density_one_keeps_everything_whatever_gamma()
    {
        Assert.Equal([1f, -3, 2, 4], Examples.Run("breadcrumbs", One.Set("gamma", 0.5), new float[4], [1, -3, 2, 4]));
    }

    [Fact]
    public void Rescale_of_a_zero_task_vector_changes_nothing()
    {
        var arguments = One.Set("density", 0.5).Set("rescale", true);
        Assert.Equal([1f, 2], Examples.Run("ties", arguments, [1, 2], [1, 2]));
    }

    [Fact]
    public void Model_stock_of_opposite_task_vectors_is_the_base()
    {
        Assert.Equal([10f, 20], Examples.Run("model_stock", new(), [10, 20], [11, 21], [9, 19]));
    }

    [Fact]
    public void Model_stock_of_models_equal_to_the_base_is_the_base()
    {
        Assert.Equal([10f, 20], Examples.Run("model_stock", new(), [10, 20], [10, 20], [10, 20], [10, 20]));
    }

    [Fact]
    public void Model_stock_treats_one_axis_as_one_row()
    {
        var arguments = new MethodArguments().Set("filter_wise", true);
        Assert.Equal(
            Examples.Run("model_stock", new(), Examples.Base, Examples.Models),
            Examples.Run("model_stock", arguments, Examples.Base, Examples.Models));
    }

    [Fact]
    public void Methods_accept_what_has_no_effect()
    {
        foreach (var method in MethodCatalog.All.Where(m => m.Signature.Parameters.Any(p => p.Name == "int8_mask")))
        {
            MethodArguments Needed() => method.Signature.Parameters.Any(p => p.Name == "weight") ? One : new();
            Assert.Equal(
                Examples.Run(method.Signature.Name, Needed().Set("int8_mask", true), Examples.Base, Examples.Models),
                Examples.Run(method.Signature.Name, Needed(), Examples.Base, Examples.Models));
        }
    }

    [Fact]
    public void Empty_tensors_merge_to_empty_tensors()
    {
        foreach (var method in MethodCatalog.All)
        {
            var arguments = new MethodArguments();
            if (method.Signature.Parameters.Any(p => p is Inner || p.Name == "weight")) arguments.Set("weight", 1);
            foreach (var parameter in method.Signature.Parameters)
                if (parameter is Global { Default: null, Optional: false } or Table { Name: "eval" or "scores" }
                    || (method.Signature.Name == "pcb" && parameter.Name == "density"))
                    arguments.Set(parameter.Name, 0.5);
            var models = Enumerable.Repeat(Array.Empty<float>(), Math.Min(2, method.Signature.MaxModels)).ToArray();
            Assert.Empty(Examples.Run(method.Signature.Name, arguments, [], models));
        }
    }
}
