using System.Buffers;
using FastMerge.Testing;
using FastMerge.Testing.Checkpoints;
using FastMerge.Tests.Oracles.Spectral;

namespace FastMerge.Tests.Methods.Spectral;

/// <summary>What holds of methods that work in a basis of the task vectors whatever the numbers, on whole
/// merges.</summary>
public class BasisPropertyTests
{
    /// <summary>Distance allowed to a result that both sides round, of its norm: some operations in a row.</summary>
    const double Rounding = 1e-5;

    static TaskCase Case(int models, int rows, int columns, int seed = 5)
    {
        var random = new Random(seed);
        RealMatrix Draw(double size) => RealMatrix.Of(
            rows, columns, (_, _) => Math.Round(size * (random.NextDouble() - 0.5)) / 1024);
        return new("w", Draw(2000), [.. Enumerable.Range(0, models).Select(_ => Draw(400))]);
    }

    static string Weight(int model) => FormattableString.Invariant($"weight: {0.5 + 0.25 * model}");

    static void Near(RealMatrix expected, RealMatrix actual, double bound = Rounding)
    {
        var distance = (expected - actual).Norm;
        Assert.True(distance <= bound * expected.Norm, $"{distance / expected.Norm:g3} of the norm away");
    }

    [Theory]
    [InlineData("knots")]
    [InlineData("core_space")]
    public async Task A_linear_inner_method_gives_what_it_gives_alone(string method)
    {
        foreach (var (rows, columns) in new[] { (15, 22), (22, 15), (1, 9), (9, 1) })
        {
            var one = Case(3, rows, columns);
            Near(await MatrixMerges.RunOne(one, "task_arithmetic", "lambda: 0.5", Weight),
                await MatrixMerges.RunOne(one, method, "inner: task_arithmetic, lambda: 0.5", Weight));
        }
    }

    [Theory]
    [InlineData("knots", "weight: 1")]
    [InlineData("core_space", "weight: 1")]
    [InlineData("drm", "drop: 0, tolerance: 0")]
    [InlineData("drm", "drop: 0, tolerance: 0, direction: vertical")]
    [InlineData("stf", "ridge: 0")]
    [InlineData("wudi", "ridge: 1e-9")]
    public async Task One_task_whole_is_the_model(string method, string parameters)
    {
        foreach (var one in new[] { Case(1, 18, 13), Case(1, 13, 18) })
            Near(one.Models[0], await MatrixMerges.RunOne(one, method, parameters));
    }

    [Theory]
    [InlineData("knots", "weight: 1, ")]
    [InlineData("core_space", "weight: 1, ")]
    [InlineData("drm", "")]
    [InlineData("stf", "")]
    [InlineData("wudi", "")]
    public async Task Lambda_zero_is_the_base_exactly(string method, string parameters)
    {
        foreach (var one in TaskCase.All(2))
            Assert.Equal(one.Base.ToFloats(),
                (await MatrixMerges.RunOne(one, method, parameters + "lambda: 0")).ToFloats());
    }

    [Theory]
    [InlineData("knots", "weight: 1, density: 0.5")]
    [InlineData("core_space", "weight: 1, density: 0.5")]
    [InlineData("drm", "")]
    [InlineData("drm", "direction: vertical")]
    [InlineData("stf", "")]
    [InlineData("wudi", "")]
    public async Task The_order_of_models_does_not_matter(string method, string parameters)
    {
        var one = Case(3, 20, 14);
        var turned = one with { Tasks = [one.Tasks[2], one.Tasks[0], one.Tasks[1]] };
        Near(await MatrixMerges.RunOne(one, method, parameters), await MatrixMerges.RunOne(turned, method, parameters));
    }

    [Theory]
    [InlineData("knots", "weight: 1, density: 0.5")]
    [InlineData("core_space", "weight: 1, density: 0.5")]
    [InlineData("drm", "")]
    [InlineData("stf", "")]
    [InlineData("wudi", "")]
    public async Task Scaling_all_weights_scales_the_result(string method, string parameters)
    {
        var one = Case(3, 14, 20);
        var scaled = new TaskCase("w", 8 * one.Base, [.. one.Tasks.Select(t => 8 * t)]);
        Near(8 * await MatrixMerges.RunOne(one, method, parameters),
            await MatrixMerges.RunOne(scaled, method, parameters));
    }

    /// <summary>Task k has rows and columns of its own, so that tasks are orthogonal on both sides.</summary>
    [Theory]
    [InlineData("knots", "weight: 1, normalize: no")]
    [InlineData("core_space", "weight: 1, normalize: no")]
    [InlineData("stf", "ridge: 0")]
    [InlineData("wudi", "ridge: 1e-9")]
    public async Task Orthogonal_tasks_are_added_up(string method, string parameters)
    {
        var random = new Random(6);
        var one = Case(1, 18, 12) with
        {
            Tasks = [.. Enumerable.Range(0, 3).Select(k => RealMatrix.Of(18, 12, (i, j) =>
                i / 6 == k && j / 4 == k ? Math.Round(400 * (random.NextDouble() - 0.5)) / 1024 : 0))],
        };
        Near(one.Base + RealMatrix.Sum(one.Tasks), await MatrixMerges.RunOne(one, method, parameters));
    }

    [Fact]
    public async Task Knots_drops_what_is_under_its_tolerance()
    {
        var one = Case(2, 9, 12);
        Assert.Equal(one.Base.ToFloats(),
            (await MatrixMerges.RunOne(one, "knots", "weight: 1, tolerance: 1000")).ToFloats());
    }

    [Fact]
    public async Task Core_space_of_equal_tasks_is_the_task()
    {
        var task = Case(1, 10, 14).Tasks[0];
        Near(task, await MatrixMerges.RunOne(new("w", new(10, 14), [task, task, task]), "core_space", "weight: 1"));
    }

    [Theory]
    [InlineData(15, 22)]
    [InlineData(22, 15)]
    public async Task Core_space_of_a_sum_made_isotropic_is_iso_c(int rows, int columns)
    {
        var one = Case(2, rows, columns);
        Near(await MatrixMerges.RunOne(one, "iso_c", "lambda: 0.5"), await MatrixMerges.RunOne(
            one, "core_space", "inner: task_arithmetic, weight: 1, isotropic: yes, lambda: 0.5"), 1e-4);
    }

    /// <summary>Random drops work on matrices in memory, by the tensor's name: twice the same, and not what is kept
    /// whole.</summary>
    [Fact]
    public async Task Random_drops_may_be_inside()
    {
        var one = Case(2, 12, 12);
        Task<RealMatrix> Run(double density) => MatrixMerges.RunOne(
            one, "knots", FormattableString.Invariant($"inner: dare_ties, weight: 1, density: {density}"));
        var (first, again, whole) = (await Run(0.5), await Run(0.5), await Run(1));
        Assert.Equal(first.ToFloats(), again.ToFloats());
        Assert.True((first - whole).Norm > 0.1 * (whole - one.Base).Norm);
        Near(await MatrixMerges.RunOne(one, "knots", "weight: 1, normalize: no"), whole);
    }

    [Theory]
    [InlineData(16, 12)]
    [InlineData(12, 16)]
    public async Task Stf_keeps_the_strength_of_every_feature(int rows, int columns)
    {
        var one = Case(2, rows, columns);
        var merged = await MatrixMerges.RunOne(one, "stf", "ridge: 0, max_rank: 5") - one.Base;
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
        var one = Case(3, rows, columns);
        var merged = await MatrixMerges.RunOne(one, "wudi") - one.Base;
        RealMatrix Gradient(RealMatrix m) => RealMatrix.Sum(one.Tasks.Select(
            t => 1 / (t.Norm * t.Norm) * ((m - t) * (t.Transposed() * t))));
        Assert.True(Gradient(merged).Norm <= 1e-5 * Gradient(RealMatrix.Sum(one.Tasks)).Norm);
    }

    [Fact]
    public async Task Wudi_goes_from_the_sum_to_the_minimiser()
    {
        var one = Case(3, 14, 10);
        var sum = await MatrixMerges.RunOne(one, "wudi", "interpolation: 0");
        var whole = await MatrixMerges.RunOne(one, "wudi");
        Near(one.Base + RealMatrix.Sum(one.Tasks), sum);
        Near(0.75 * sum + 0.25 * whole, await MatrixMerges.RunOne(one, "wudi", "interpolation: 0.25"));
    }

    /// <summary>Embeddings are no matrices unless the recipe says so: the inner method merges them as they
    /// are.</summary>
    [Theory]
    [InlineData("knots")]
    [InlineData("core_space")]
    public async Task Embeddings_go_by_the_inner_method_itself(string method)
    {
        var one = Case(2, 8, 6) with { Name = "model.embed_tokens" };
        Near(await MatrixMerges.RunOne(one, "ties", "weight: 1, density: 0.5, lambda: 0.5"),
            await MatrixMerges.RunOne(one, method, "weight: 1, density: 0.5, lambda: 0.5"), 1e-6);
        Near(await MatrixMerges.RunOne(one with { Name = "w" }, method, "weight: 1, density: 0.5"),
            await MatrixMerges.RunOne(one, method, "weight: 1, density: 0.5, embeddings: matrix"), 1e-6);
    }

    /// <summary>Each expert of a fused tensor is a matrix of its own.</summary>
    [Theory]
    [InlineData("knots", "weight: 1, density: 0.5")]
    [InlineData("core_space", "weight: 1, density: 0.5")]
    [InlineData("drm", "")]
    [InlineData("stf", "")]
    [InlineData("wudi", "")]
    public async Task Experts_are_merged_one_by_one(string method, string parameters)
    {
        TaskCase[] experts = [Case(2, 8, 6, 1), Case(2, 8, 6, 2), Case(2, 8, 6, 3)];
        using var folder = new TempFolder();
        void Write(string name, Func<TaskCase, RealMatrix> part) => SafetensorsFile.Write(
            folder[name], [StoredTensor.Of("model.layers.0.mlp.experts.gate_up_proj", "F32", [3, 8, 6],
                [.. experts.SelectMany(e => part(e).ToFloats())])]);
        Write("base.safetensors", e => e.Base);
        Write("0.safetensors", e => e.Models[0]);
        Write("1.safetensors", e => e.Models[1]);
        var text = $"merge_method: {method}\nparameters: {{{parameters}}}\nbase_model: {folder["base.safetensors"]}\n"
            + $"models: [{{model: {folder["0.safetensors"]}}}, {{model: {folder["1.safetensors"]}}}]";
        List<float> merged = [];
        await foreach (var tensor in Merger.StreamAsync(RecipeSource.Yaml(text), new() { MemoryBytes = 512 << 20 }))
            using (tensor)
                merged.AddRange(new StoredTensor("", "F32", [3, 8, 6], tensor.Data.ToArray()).ToFloats());
        for (var i = 0; i < experts.Length; i++)
            Near(await MatrixMerges.RunOne(experts[i], method, parameters),
                RealMatrix.Of(8, 6, merged.GetRange(48 * i, 48).ToArray()), 1e-6);
    }
}
