using FastMerge.Core;
using FastMerge.Tests.Oracles.Spectral;
using static FastMerge.Tests.Methods.Spectral.MatrixMerges;

namespace FastMerge.Tests.Methods.Spectral;

/// <summary>What holds of spectral methods whatever the numbers, on whole merges.</summary>
public class SpectralPropertyTests
{
    [Theory]
    [InlineData("star", "eta: 100")]
    [InlineData("lore", "mu: 0")]
    [InlineData("twin", "density: 1, lambda: 0.7")]
    public async Task Whole_spectra_give_the_mean(string method, string parameters)
    {
        var one = TaskCase.Draw(3, 11, 16);
        Near(1 / 3.0 * RealMatrix.Sum(one.Models), await RunOne(one, method, parameters));
    }

    [Fact]
    public async Task Twin_with_one_gate_open_gives_back_a_model()
    {
        var one = TaskCase.Draw(3, 11, 16);
        Near(one.Models[1], await RunOne(
            one, "twin", "density: 1", k => $"gate: {(k == 1 ? 1 : 0)}"));
    }

    /// <summary>All singular vectors are orthogonal between tasks.</summary>
    [Fact]
    public async Task Tsv_of_orthogonal_tasks_is_the_sum_of_truncations()
    {
        var one = TaskCase.Orthogonal(24, 18);
        var expected = RealMatrix.Sum(one.Tasks.Select(t =>
            JacobiSvd.Of(t) is var svd ? svd.Product(svd.Values[..6]) : t));
        Near(one.Base + expected, await RunOne(one, "tsv"));
    }

    [Theory]
    [InlineData(24, 15)]
    [InlineData(15, 24)]
    [InlineData(16, 16)]
    public async Task Iso_c_has_equal_singular_values(int rows, int columns)
    {
        var one = TaskCase.Draw(4, rows, columns);
        var sum = RealMatrix.Sum(one.Tasks);
        var nuclear = JacobiSvd.Of(sum).NuclearNorm;
        var change = await RunOne(one, "iso_c") - one.Base;
        Assert.All(JacobiSvd.Of(change).Values, s => Assert.Equal(nuclear / sum.Side, s, nuclear * Rounding));
        Assert.Equal(nuclear * nuclear / sum.Side, RealMatrix.Dot(change, sum), nuclear * nuclear * Rounding);
    }

    [Fact]
    public async Task Iso_cts_without_own_directions_is_iso_c()
    {
        var one = TaskCase.Draw(3, 12, 18);
        Near(await RunOne(one, "iso_c"),
            await RunOne(one, "iso_cts", "common_space_fraction: 1"));
    }

    [Fact]
    public async Task Tsv_of_equal_tasks_is_the_truncated_task()
    {
        var task = TaskCase.Draw(1, 16, 12).Tasks[0];
        var one = new TaskCase("w", new(16, 12), [task, task]);
        var svd = JacobiSvd.Of(task);
        Near(svd.Product(svd.Values[..6]), await RunOne(one, "tsv"));
    }

    /// <summary>Each direction belongs to one task, which it is as long as in the sum.</summary>
    [Fact]
    public async Task Svc_leaves_the_sum_of_orthogonal_tasks()
    {
        var one = TaskCase.Orthogonal(24, 18, 0.2);
        Near(one.Base + RealMatrix.Sum(one.Tasks), await RunOne(
            one, "svc", "inner: task_arithmetic", _ => "weight: 1"));
    }

    [Fact]
    public async Task Svc_of_equal_tasks_undoes_their_sum()
    {
        var task = TaskCase.Draw(1, 14, 20).Tasks[0];
        var one = new TaskCase("w", new(14, 20), [task, task, task]);
        Near(task, await RunOne(one, "svc", "inner: task_arithmetic", _ => "weight: 1"));
    }

    [Fact]
    public async Task Svc_refuses_inner_methods_that_read_the_whole_model()
    {
        var failure = await Assert.ThrowsAsync<FastMergeException>(() => RunOne(
            TaskCase.Draw(2, 10, 12), "svc", "inner: ties, density: 0.4, scope: model", _ => "weight: 1"));
        Assert.Contains("over the whole model", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', failure.Message);
    }
}
