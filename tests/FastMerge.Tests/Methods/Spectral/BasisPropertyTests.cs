using FastMerge.Tests.Oracles.Spectral;
using static FastMerge.Tests.Methods.Spectral.MatrixMerges;

namespace FastMerge.Tests.Methods.Spectral;

/// <summary>What holds of methods that work in a basis of the task vectors whatever the numbers, on whole
/// merges.</summary>
public class BasisPropertyTests
{
    static string Weight(int model) => FormattableString.Invariant($"weight: {0.5 + 0.25 * model}");

    [Theory]
    [InlineData("knots")]
    [InlineData("core_space")]
    public async Task A_linear_inner_method_gives_what_it_gives_alone(string method)
    {
        foreach (var (rows, columns) in new[] { (15, 22), (22, 15), (1, 9), (9, 1) })
        {
            var one = TaskCase.Draw(3, rows, columns);
            Near(await RunOne(one, "task_arithmetic", "lambda: 0.5", Weight),
                await RunOne(one, method, "inner: task_arithmetic, lambda: 0.5", Weight));
        }
    }

    [Theory]
    [InlineData("knots", "weight: 1, normalize: no")]
    [InlineData("core_space", "weight: 1, normalize: no")]
    [InlineData("stf", "ridge: 0")]
    [InlineData("wudi", "ridge: 1e-9")]
    public async Task Orthogonal_tasks_are_added_up(string method, string parameters)
    {
        var one = TaskCase.Orthogonal(18, 12);
        Near(one.Base + RealMatrix.Sum(one.Tasks), await RunOne(one, method, parameters));
    }

    [Fact]
    public async Task Knots_drops_what_is_under_its_tolerance()
    {
        var one = TaskCase.Draw(2, 9, 12);
        Assert.Equal(one.Base.ToFloats(),
            (await RunOne(one, "knots", "weight: 1, tolerance: 1000")).ToFloats());
    }

    [Fact]
    public async Task Core_space_of_equal_tasks_is_the_task()
    {
        var task = TaskCase.Draw(1, 10, 14).Tasks[0];
        Near(task, await RunOne(new("w", new(10, 14), [task, task, task]), "core_space", "weight: 1"));
    }

    [Theory]
    [InlineData(15, 22)]
    [InlineData(22, 15)]
    public async Task Core_space_of_a_sum_made_isotropic_is_iso_c(int rows, int columns)
    {
        var one = TaskCase.Draw(2, rows, columns);
        Near(await RunOne(one, "iso_c", "lambda: 0.5"), await RunOne(
            one, "core_space", "inner: task_arithmetic, weight: 1, isotropic: yes, lambda: 0.5"), 1e-4);
    }

    /// <summary>Random drops work on matrices in memory, by the tensor's name: twice the same, and not what is kept
    /// whole.</summary>
    [Fact]
    public async Task Random_drops_may_be_inside()
    {
        var one = TaskCase.Draw(2, 12, 12);
        Task<RealMatrix> Run(double density) => RunOne(
            one, "knots", FormattableString.Invariant($"inner: dare_ties, weight: 1, density: {density}"));
        var (first, again, whole) = (await Run(0.5), await Run(0.5), await Run(1));
        Assert.Equal(first.ToFloats(), again.ToFloats());
        Assert.True((first - whole).Norm > 0.1 * (whole - one.Base).Norm);
        Near(await RunOne(one, "knots", "weight: 1, normalize: no"), whole);
    }

    [Theory]
    [InlineData(16, 12)]
    [InlineData(12, 16)]
    public async Task Stf_keeps_the_strength_of_every_feature(int rows, int columns)
    {
        var one = TaskCase.Draw(2, rows, columns);
        var merged = await RunOne(one, "stf", "ridge: 0, max_rank: 5") - one.Base;
        var (left, right, strengths) = BasisOracles.Features(one.Tasks, maxRank: 5);
        var found = left.Transposed() * merged * right;
        for (var j = 0; j < strengths.Length; j++)
            Assert.Equal(strengths[j], found[j, j], strengths[0] * Rounding * 10);
    }

    /// <summary>At the minimiser sum_k w_k (M - t_k) t_k^T t_k is zero but for what the ridge adds.</summary>
    [Theory]
    [InlineData(16, 12)]
    [InlineData(12, 16)]
    public async Task Wudi_has_no_gradient(int rows, int columns)
    {
        var one = TaskCase.Draw(3, rows, columns);
        var merged = await RunOne(one, "wudi") - one.Base;
        RealMatrix Gradient(RealMatrix m) => RealMatrix.Sum(one.Tasks.Select(
            t => 1 / (t.Norm * t.Norm) * ((m - t) * (t.Transposed() * t))));
        Assert.True(Gradient(merged).Norm <= 1e-5 * Gradient(RealMatrix.Sum(one.Tasks)).Norm);
    }

    [Fact]
    public async Task Wudi_goes_from_the_sum_to_the_minimiser()
    {
        var one = TaskCase.Draw(3, 14, 10);
        var sum = await RunOne(one, "wudi", "interpolation: 0");
        var whole = await RunOne(one, "wudi");
        Near(one.Base + RealMatrix.Sum(one.Tasks), sum);
        Near(0.75 * sum + 0.25 * whole, await RunOne(one, "wudi", "interpolation: 0.25"));
    }

    /// <summary>Embeddings are no matrices unless the recipe says so: the inner method merges them as they
    /// are.</summary>
    [Theory]
    [InlineData("knots")]
    [InlineData("core_space")]
    public async Task Embeddings_go_by_the_inner_method_itself(string method)
    {
        var one = TaskCase.Draw(2, 8, 6) with { Name = "model.embed_tokens" };
        Near(await RunOne(one, "ties", "weight: 1, density: 0.5, lambda: 0.5"),
            await RunOne(one, method, "weight: 1, density: 0.5, lambda: 0.5"), 1e-6);
        Near(await RunOne(one with { Name = "w" }, method, "weight: 1, density: 0.5"),
            await RunOne(one, method, "weight: 1, density: 0.5, embeddings: matrix"), 1e-6);
    }
}
