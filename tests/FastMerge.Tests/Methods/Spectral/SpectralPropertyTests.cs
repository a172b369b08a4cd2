using FastMerge.Core;
using FastMerge.Tests.Oracles.Spectral;

namespace FastMerge.Tests.Methods.Spectral;

/// <summary>What holds of spectral methods whatever the numbers, on whole merges.</summary>
public class SpectralPropertyTests
{
    /// <summary>Distance allowed to a result that both sides round, of its norm: some operations in a row.</summary>
    const double Rounding = 1e-5;

    static TaskCase Case(int models, int rows, int columns, int seed = 3)
    {
        var random = new Random(seed);
        RealMatrix Draw(double size) => RealMatrix.Of(
            rows, columns, (_, _) => Math.Round(size * (random.NextDouble() - 0.5)) / 1024);
        return new("w", Draw(2000), [.. Enumerable.Range(0, models).Select(_ => Draw(400))]);
    }

    [Theory]
    [InlineData("star", "eta: 100")]
    [InlineData("tsv", "")]
    [InlineData("lore", "mu: 0")]
    [InlineData("twin", "density: 1")]
    public async Task One_task_whole_is_the_model(string method, string parameters)
    {
        var one = Case(1, 18, 13);
        Near(one.Models[0], await MatrixMerges.RunOne(one, method, parameters));
    }

    [Theory]
    [InlineData("star")]
    [InlineData("iso_c")]
    [InlineData("iso_cts")]
    [InlineData("tsv")]
    public async Task Lambda_zero_is_the_base_exactly(string method)
    {
        foreach (var one in TaskCase.All(2))
            Assert.Equal(
                one.Base.ToFloats(), (await MatrixMerges.RunOne(one, method, "lambda: 0")).ToFloats());
    }

    [Theory]
    [InlineData("star", "eta: 100")]
    [InlineData("lore", "mu: 0")]
    [InlineData("twin", "density: 1, lambda: 0.7")]
    public async Task Whole_spectra_give_the_mean(string method, string parameters)
    {
        var one = Case(3, 11, 16);
        Near(1 / 3.0 * RealMatrix.Sum(one.Models), await MatrixMerges.RunOne(one, method, parameters));
    }

    [Fact]
    public async Task Twin_with_one_gate_open_gives_back_a_model()
    {
        var one = Case(3, 11, 16);
        Near(one.Models[1], await MatrixMerges.RunOne(
            one, "twin", "density: 1", k => $"gate: {(k == 1 ? 1 : 0)}"));
    }

    /// <summary>Task k has its own rows and columns, so all singular vectors are orthogonal between tasks.</summary>
    [Fact]
    public async Task Tsv_of_orthogonal_tasks_is_the_sum_of_truncations()
    {
        var random = new Random(4);
        var one = Case(1, 24, 18) with
        {
            Tasks = [.. Enumerable.Range(0, 3).Select(k => RealMatrix.Of(24, 18, (i, j) =>
                i / 8 == k && j / 6 == k ? Math.Round(400 * (random.NextDouble() - 0.5)) / 1024 : 0))],
        };
        var expected = RealMatrix.Sum(one.Tasks.Select(t =>
            JacobiSvd.Of(t) is var svd ? svd.Product(svd.Values[..6]) : t));
        Near(one.Base + expected, await MatrixMerges.RunOne(one, "tsv"));
    }

    [Theory]
    [InlineData("star", "eta: 55")]
    [InlineData("iso_c", "")]
    [InlineData("iso_cts", "")]
    [InlineData("tsv", "")]
    [InlineData("svc", "inner: model_stock")]
    [InlineData("lore", "mu_relative: 0.2, lambda: 0.5")]
    [InlineData("twin", "density: 0.3")]
    public async Task Scaling_all_weights_scales_the_result(string method, string parameters)
    {
        var one = Case(3, 14, 20);
        var scaled = new TaskCase("w", 8 * one.Base, [.. one.Tasks.Select(t => 8 * t)]);
        Near(8 * await MatrixMerges.RunOne(one, method, parameters),
            await MatrixMerges.RunOne(scaled, method, parameters));
    }

    [Theory]
    [InlineData("star", "eta: 55")]
    [InlineData("iso_c", "")]
    [InlineData("iso_cts", "")]
    [InlineData("tsv", "")]
    [InlineData("svc", "inner: model_stock")]
    [InlineData("lore", "mu_relative: 0.2, lambda: 0.5")]
    [InlineData("twin", "density: 0.3")]
    public async Task The_order_of_models_does_not_matter(string method, string parameters)
    {
        var one = Case(3, 20, 14);
        var turned = one with { Tasks = [one.Tasks[2], one.Tasks[0], one.Tasks[1]] };
        Near(await MatrixMerges.RunOne(one, method, parameters), await MatrixMerges.RunOne(turned, method, parameters));
    }

    [Theory]
    [InlineData(24, 15)]
    [InlineData(15, 24)]
    [InlineData(16, 16)]
    public async Task Iso_c_has_equal_singular_values(int rows, int columns)
    {
        var one = Case(4, rows, columns);
        var sum = RealMatrix.Sum(one.Tasks);
        var nuclear = JacobiSvd.Of(sum).NuclearNorm;
        var change = await MatrixMerges.RunOne(one, "iso_c") - one.Base;
        Assert.All(JacobiSvd.Of(change).Values, s => Assert.Equal(nuclear / sum.Side, s, nuclear * Rounding));
        Assert.Equal(nuclear * nuclear / sum.Side, RealMatrix.Dot(change, sum), nuclear * nuclear * Rounding);
    }

    [Fact]
    public async Task Iso_cts_without_own_directions_is_iso_c()
    {
        var one = Case(3, 12, 18);
        Near(await MatrixMerges.RunOne(one, "iso_c"),
            await MatrixMerges.RunOne(one, "iso_cts", "common_space_fraction: 1"));
    }

    [Fact]
    public async Task Tsv_of_equal_tasks_is_the_truncated_task()
    {
        var task = Case(1, 16, 12).Tasks[0];
        var one = new TaskCase("w", new(16, 12), [task, task]);
        var svd = JacobiSvd.Of(task);
        Near(svd.Product(svd.Values[..6]), await MatrixMerges.RunOne(one, "tsv"));
    }

    /// <summary>Each direction belongs to one task, which it is as long as in the sum.</summary>
    [Fact]
    public async Task Svc_leaves_the_sum_of_orthogonal_tasks()
    {
        var random = new Random(6);
        var one = Case(1, 24, 18) with
        {
            Tasks = [.. Enumerable.Range(0, 3).Select(k => RealMatrix.Of(24, 18, (i, j) =>
                i / 8 == k && j / 6 == k ? Math.Round((400 + 77 * k) * (random.NextDouble() - 0.5)) / 1024 : 0))],
        };
        Near(one.Base + RealMatrix.Sum(one.Tasks), await MatrixMerges.RunOne(
            one, "svc", "inner: task_arithmetic", _ => "weight: 1"));
    }

    [Fact]
    public async Task Svc_of_equal_tasks_undoes_their_sum()
    {
        var task = Case(1, 14, 20).Tasks[0];
        var one = new TaskCase("w", new(14, 20), [task, task, task]);
        Near(task, await MatrixMerges.RunOne(one, "svc", "inner: task_arithmetic", _ => "weight: 1"));
    }

    [Fact]
    public async Task Svc_refuses_inner_methods_that_read_the_whole_model()
    {
        var failure = await Assert.ThrowsAsync<FastMergeException>(() => MatrixMerges.RunOne(
            Case(2, 10, 12), "svc", "inner: ties, density: 0.4, scope: model", _ => "weight: 1"));
        Assert.Contains("over the whole model", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', failure.Message);
    }

    static void Near(RealMatrix expected, RealMatrix actual)
    {
        var distance = (expected - actual).Norm;
        Assert.True(distance <= Rounding * expected.Norm, $"{distance / expected.Norm:g3} of the norm away");
    }
}
