using FastMerge.Plan;
using FastMerge.Primitives;

namespace FastMerge.Tests.Plan;

/// <summary>Cutting expressions into passes.</summary>
public class TensorPassesTests
{
    [Theory]
    [InlineData("linear", "map")]
    [InlineData("passthrough", "map")]
    [InlineData("task_arithmetic", "map")]
    [InlineData("ties", "select, map")]
    [InlineData("breadcrumbs", "select, map")]
    [InlineData("breadcrumbs_ties", "select, map")]
    [InlineData("slerp", "reduce, map")]
    [InlineData("model_stock", "reduce, map")]
    [InlineData("model_stock+filter_wise", "reduce by row, map")]
    [InlineData("dare_linear+rescale", "reduce, map")]
    [InlineData("dare_ties", "map")]
    public void A_method_takes_the_passes(string method, string passes) =>
        Assert.Equal(passes, Passes(method).Text);

    [Fact]
    public void A_rescaled_trim_reduces_after_the_cut_is_known()
    {
        var passes = Passes("ties+rescale");
        Assert.IsType<SelectPass>(passes.Before[0]);
        var reductions = passes.Before.OfType<ReducePass>().SelectMany(p => p.Reductions).ToArray();
        Assert.Equal([0, 1], reductions.Select(r => r.Level).Order());
        Assert.Contains(Assert.IsType<ReducePass>(passes.Before[^1]).Reductions, r => r.Level == 1);
    }

    [Theory]
    [InlineData("ties+rescale")]
    [InlineData("breadcrumbs+rescale")]
    public void A_sum_that_can_wait_shares_a_reading(string method) =>
        Assert.Equal("select, reduce, map", Passes(method).Text);

    [Fact]
    public void A_sum_that_others_wait_for_is_not_delayed()
    {
        var x = Tensor.Models();
        var (early, late) = (Ops.AbsoluteSum(x), Ops.Dot(x, x));
        var kept = Ops.KeepLargest(x * early, 0.5);
        var passes = TensorPasses.Cut(Ops.Sum(kept * (Ops.AbsoluteSum(kept) / late)));
        Assert.Equal("reduce, select, reduce, map", passes.Text);
        Assert.Same(early.Reduction, ((ReducePass)passes.Before[0]).Reductions.Single());
        Assert.Equal(2, ((ReducePass)passes.Before[2]).Reductions.Count);
        // Without a later sum there is nothing to wait for.
        Assert.Equal("reduce, select, map", TensorPasses.Cut(Ops.Sum(kept * late)).Text);
    }

    [Fact]
    public void Passes_over_the_model_come_first_of_their_place()
    {
        var x = Tensor.Models();
        var kept = Ops.KeepLargest(x, 0.5, Scope.Model);
        var passes = TensorPasses.Cut(Ops.Sum(kept * (Ops.AbsoluteSum(kept) / Ops.AbsoluteSum(kept, Scope.Model))));
        Assert.Equal("select over the model, reduce over the model, reduce, map", passes.Text);
        Assert.Equal(2, passes.OverModel.Count());
    }

    [Fact]
    public void A_band_ranks_its_source_once_for_both_cuts()
    {
        var select = Assert.IsType<SelectPass>(Passes("breadcrumbs").Before.Single());
        Assert.Equal(2, select.Cuts.Count);
        Assert.Single(select.Sources);
    }

    [Fact]
    public void Slerp_reads_each_product_once() => Assert.Equal(
        3, Assert.IsType<ReducePass>(Passes("slerp").Before.Single()).Reductions.Count);

    [Theory]
    [InlineData("passthrough", 1, true)]
    [InlineData("passthrough+scale", 1, false)]
    [InlineData("task_arithmetic", 1, false)]
    public void Only_an_unscaled_passthrough_is_the_input(string method, int models, bool identity) =>
        Assert.Equal(identity, Passes(method).IsIdentity(models));

    [Theory]
    [InlineData("model_stock", false)]
    [InlineData("model_stock+filter_wise", true)]
    public void Rows_come_from_reductions_of_rows(string method, bool rows) =>
        Assert.Equal(rows, Passes(method).HasRows);

    static TensorPasses Passes(string methodAndSwitches)
    {
        var parts = methodAndSwitches.Split('+');
        var method = MethodCatalog.Find(parts[0])!;
        var on = method.Signature.Parameters.Where(p => parts[1..].Contains(p.Name));
        var switches = new MethodSwitches(on, new Dictionary<Choice, string>());
        return TensorPasses.Cut(method.Merge(new MergeInputs(new(2, true, false), switches)));
    }
}
