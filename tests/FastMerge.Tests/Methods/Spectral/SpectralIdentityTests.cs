using FastMerge.Tests.Oracles.Spectral;
using static FastMerge.Tests.Methods.Spectral.MatrixMerges;

namespace FastMerge.Tests.Methods.Spectral;

/// <summary>What holds of every method on matrices whatever the numbers, on whole merges: one task, no task, the order
/// and the size of tasks.</summary>
public class SpectralIdentityTests
{
    [Theory]
    [InlineData("star", "eta: 100")]
    [InlineData("tsv", "")]
    [InlineData("lore", "mu: 0")]
    [InlineData("twin", "density: 1")]
    [InlineData("knots", "weight: 1")]
    [InlineData("core_space", "weight: 1")]
    [InlineData("drm", "drop: 0, tolerance: 0")]
    [InlineData("drm", "drop: 0, tolerance: 0, direction: vertical")]
    [InlineData("stf", "ridge: 0")]
    [InlineData("wudi", "ridge: 1e-9")]
    public async Task One_task_whole_is_the_model(string method, string parameters)
    {
        foreach (var one in new[] { TaskCase.Draw(1, 18, 13), TaskCase.Draw(1, 13, 18) })
            Near(one.Models[0], await RunOne(one, method, parameters));
    }

    [Theory]
    [InlineData("star", "")]
    [InlineData("iso_c", "")]
    [InlineData("iso_cts", "")]
    [InlineData("tsv", "")]
    [InlineData("knots", "weight: 1, ")]
    [InlineData("core_space", "weight: 1, ")]
    [InlineData("drm", "")]
    [InlineData("stf", "")]
    [InlineData("wudi", "")]
    public async Task Lambda_zero_is_the_base_exactly(string method, string parameters)
    {
        foreach (var one in TaskCase.All(2))
            Assert.Equal(one.Base.ToFloats(), (await RunOne(one, method, parameters + "lambda: 0")).ToFloats());
    }

    public static TheoryData<string, string> Methods() => new()
    {
        { "star", "eta: 55" }, { "iso_c", "" }, { "iso_cts", "" }, { "tsv", "" }, { "svc", "inner: model_stock" },
        { "lore", "mu_relative: 0.2, lambda: 0.5" }, { "twin", "density: 0.3" },
        { "knots", "weight: 1, density: 0.5" }, { "core_space", "weight: 1, density: 0.5" }, { "drm", "" },
        { "drm", "direction: vertical" }, { "stf", "" }, { "wudi", "" },
    };

    [Theory]
    [MemberData(nameof(Methods))]
    public async Task Scaling_all_weights_scales_the_result(string method, string parameters)
    {
        var one = TaskCase.Draw(3, 14, 20);
        var scaled = new TaskCase("w", 8 * one.Base, [.. one.Tasks.Select(t => 8 * t)]);
        Near(8 * await RunOne(one, method, parameters), await RunOne(scaled, method, parameters));
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public async Task The_order_of_models_does_not_matter(string method, string parameters)
    {
        var one = TaskCase.Draw(3, 20, 14);
        var turned = one with { Tasks = [one.Tasks[2], one.Tasks[0], one.Tasks[1]] };
        Near(await RunOne(one, method, parameters), await RunOne(turned, method, parameters));
    }
}
