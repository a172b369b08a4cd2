using FastMerge.Core;
using FastMerge.Testing.Checkpoints;
using FastMerge.Tests.Merging;
using FastMerge.Tests.Oracles.Spectral;

namespace FastMerge.Tests.Adapters;

/// <summary>
/// Adapters of one base are merged by their factors: as good as merging the products in memory, and better where the
/// base is large, as no product is ever added to it and taken away again.
/// </summary>
public class FactorSpaceTests : IDisposable
{
    const string Q = "model.layers.0.self_attn.q_proj";
    const string Down = "model.layers.0.mlp.down_proj";
    const string Alone = "model.layers.0.self_attn.o_proj";
    const string Experts = "model.layers.0.mlp.experts.gate_up_proj";
    const string Models = "models: [{model: $base+$one}, {model: $base+$two}, {model: $base+$three}]";

    static readonly string[] Names = [Q + ".weight", Down + ".weight", Alone + ".weight", Experts, "norm.weight"];

    readonly AdapterScene _scene = new();
    readonly Dictionary<string, StoredTensor[]> _factors = [];

    public FactorSpaceTests()
    {
        Write("base", 0);
        Write("far", 30);
        foreach (var (name, scale) in new[] { ("one", 6), ("two", 3), ("three", 4) })
        {
            StoredTensor[] alone = name == "two" ? _scene.Factors(Alone, "F32", 24, 30) : [];
            _factors[name] = _scene.Adapter(name, $$"""
                {"lora_alpha": {{scale}}, "target_parameters": ["mlp.experts.gate_up_proj"]}
                """,
                [.. _scene.Factors(Q, "F32", 40, 24), .. _scene.Factors(Down, "F32", 21, 50), .. alone,
                    .. _scene.Factors("model.layers.0.mlp.experts", "F32", 16, 20, 2 * 4)]);
        }
    }

    public void Dispose() => _scene.Dispose();

    /// <summary>A model whose weights are one number: products that are added to 0 stay what they are.</summary>
    void Write(string name, float value)
    {
        StoredTensor Of(string tensor, params long[] shape) => StoredTensor.Of(tensor, "F32", shape,
            [.. Enumerable.Repeat(value, (int)shape.Aggregate(1L, (p, n) => p * n))]);
        _scene.Model(name, """{"model_type": "mixtral"}""", Of(Names[0], 24, 40), Of(Names[1], 50, 21),
            Of(Names[2], 30, 24), Of(Names[3], 2, 16, 20), Of(Names[4], 24));
    }

    /// <summary>An adapter <c>nan</c>: <c>one</c> with a factor's element replaced.</summary>
    void WriteOdd(float value)
    {
        var factor = _factors["one"][1];
        var values = factor.ToFloats();
        values[5] = value;
        _scene.Adapter("nan", "{}", _factors["one"][0], StoredTensor.Of(factor.Name, "F32", factor.Shape, values));
    }

    /// <summary>Models in binary32 of what adapters make of the base.</summary>
    async Task FoldAsync(string model = "base")
    {
        foreach (var name in _factors.Keys)
            await _scene.MergeAsync(
                $"merge_method: passthrough\nmodels: [{{model: ${model}+${name}}}]", null, $"{model}-{name}");
    }

    public static TheoryData<string, string> Methods() => new()
    {
        { "iso_c", "lambda: 1.5" },
        { "star", "eta: 70" },
        { "tsv", "" },
        { "twin", "density: 0.2" },
        { "stf", "" },
        { "wudi", "" },
        { "drm", "drop: 0" },
        { "drm", "drop: 0, direction: vertical" },
        { "knots", "inner: task_arithmetic, weight: 0.4" },
        { "knots", "inner: ties, density: 0.6, weight: 1" },
        { "core_space", "inner: task_arithmetic, weight: 0.4" },
        { "core_space", "inner: task_arithmetic, weight: 1, isotropic: true" },
        { "svc", "inner: task_arithmetic, weight: 1" },
    };

    [Theory]
    [MemberData(nameof(Methods))]
    public async Task EqualsMergingProducts(string method, string parameters)
    {
        await FoldAsync();
        var recipe = $"merge_method: {method}\nbase_model: $base\nparameters: {{{parameters}}}\n{Models}";
        var expected = await _scene.MergeAsync(recipe.Replace("+$", "-", StringComparison.Ordinal), null, "expected");
        var found = await _scene.MergeAsync(recipe);
        foreach (var name in Names) AdapterScene.AssertClose(
            [.. expected[name].ToFloats().Select(v => (double)v)], found[name], 2e-5);
        Assert.Contains(expected[Names[0]].ToFloats(), v => Math.Abs(v) > 0.1);
        Assert.Contains(expected[Names[3]].ToFloats(), v => Math.Abs(v) > 0.1);
    }

    [Fact]
    public async Task IsExact_WhereTheBaseIsLarge()
    {
        const string Recipe = "merge_method: iso_c\nbase_model: $base\nout_dtype: float32\n" + Models;
        var expected = (await _scene.MergeAsync(Recipe, null, "expected"))[Names[0]].ToFloats();
        await FoldAsync("far");
        var far = Recipe.Replace("$base", "$far", StringComparison.Ordinal);
        double Error(StoredTensor found) => found.ToFloats().Zip(expected, (f, e) => Math.Abs(f - 30.0 - e)).Max();
        var byFactors = Error((await _scene.MergeAsync(far))[Names[0]]);
        var byProducts = Error((await _scene.MergeAsync(far.Replace("+$", "-", StringComparison.Ordinal)))[Names[0]]);
        Assert.InRange(byFactors, 0, 1e-6 * 2); // half a unit of 30 in binary32
        Assert.True(byProducts > 2 * byFactors, $"{byProducts} {byFactors}");
    }

    [Theory]
    [InlineData("knots", "matrix of factors, map")]
    [InlineData("star", "matrix of factors, map")]
    public async Task Plan_TellsOfFactors_AndReadsThemAlone(string method, string passes)
    {
        var recipe = $"merge_method: {method}\nparameters: {{weight: 1, density: 0.5}}\nbase_model: $base\n{Models}";
        if (method == "star") recipe = recipe.Replace(", density: 0.5", "", StringComparison.Ordinal);
        var plan = Merger.Plan(_scene.Recipe(recipe));
        Assert.Contains(plan.Groups, p => p.Passes == passes && p.Tensors == 4);
        var stored = new[] { "base", "one", "two", "three" }.Sum(
            n => Directory.EnumerateFiles(_scene[n], "*.safetensors").Sum(f => new FileInfo(f).Length));
        // The norm, which is the same in all models, is read once.
        Assert.InRange(plan.InputBytes, stored / 2, stored);
        await _scene.MergeAsync(recipe);
        // What is at hand is not read again.
        Assert.InRange(_scene.Report!.InputBytes, stored / 2, plan.InputBytes);
    }

    [Theory]
    [InlineData("$base+$one}, {model: $other+$two", "adapters of two bases")]
    [InlineData("$base+$one}, {model: $base", null)]
    [InlineData("$base+$one}, {model: $base+$dora", "DoRA")]
    public void OnlyAdaptersOfTheBase(string models, string? reason)
    {
        Write("other", 1);
        _scene.Adapter("dora", """{"use_dora": true}""",
            [.. _scene.Factors(Q, "F32", 40, 24),
                _scene.Random($"base_model.model.{Q}.lora_magnitude_vector", "F32", 24)]);
        var plan = HandPlan.Plan(_scene.Recipe(
            $"merge_method: star\nbase_model: $base\nmodels: [{{model: {models}}}]"));
        var program = plan.Tensors.Single(t => t.Output.Name == Names[0]).Work!.Passes.Matrices!;
        Assert.Equal(reason is null, program.Factors.Any());
        Assert.Equal(reason is null, !program.Loads.Any());
    }

    [Theory]
    [InlineData(NonFinitePolicy.Warn)]
    [InlineData(NonFinitePolicy.Zero)]
    [InlineData(NonFinitePolicy.Error)]
    public async Task NonFiniteFactors(NonFinitePolicy policy)
    {
        WriteOdd(float.NaN);
        const string Recipe =
            "merge_method: tsv\nbase_model: $base\nmodels: [{model: $base+$nan}, {model: $base+$two}]";
        var options = new MergeOptions { NonFinite = policy, Threads = 1, MemoryBytes = 256 << 20 };
        if (policy == NonFinitePolicy.Error)
        {
            var failure = await Assert.ThrowsAsync<FastMergeException>(() => _scene.MergeAsync(Recipe, options));
            Assert.Equal(FailureKind.NonFinite, failure.Kind);
            Assert.Contains(Q, failure.Message, StringComparison.Ordinal);
            return;
        }
        var merged = (await _scene.MergeAsync(Recipe, options))[Names[0]].ToFloats();
        var count = Assert.Single(_scene.Report!.NonFinite);
        Assert.Equal((Names[0], 1), (count.Tensor, (int)count.Inputs));
        if (policy == NonFinitePolicy.Warn)
        {
            Assert.All(merged, v => Assert.True(float.IsNaN(v)));
            Assert.Contains(_scene.Report!.Warnings, w => w.Contains(Q, StringComparison.Ordinal));
            return;
        }
        WriteOdd(0);
        Assert.Equal((await _scene.MergeAsync(Recipe))[Names[0]].ToFloats(), merged);
    }

    [Theory]
    [InlineData(0.4)]
    [InlineData(0.7)]
    [InlineData(1)]
    public async Task IsExact_WhereRoundingDecidesOverProducts(double fraction)
    {
        await FoldAsync();
        var merged = await _scene.MergeAsync($"merge_method: iso_cts\nbase_model: $base\n"
            + FormattableString.Invariant($"parameters: {{common_space_fraction: {fraction}}}\n") + Models);
        foreach (var (name, rows, columns) in new[] { (Q + ".weight", 24, 40), (Down + ".weight", 50, 21),
            (Alone + ".weight", 30, 24), (Experts, 16, 20) })
            for (var first = 0; first < merged[name].ToFloats().Length; first += rows * columns)
            {
                RealMatrix Matrix(StoredTensor all) =>
                    RealMatrix.Of(rows, columns, all.ToFloats().AsSpan(first, rows * columns));
                var expected = SpectralOracles.IsoCts([.. _factors.Keys.Select(
                    model => Matrix(SafetensorsFile.ReadFolder(_scene["base-" + model])[name]))], fraction);
                var distance = (Matrix(merged[name]) - expected).Norm;
                Assert.True(distance <= 5e-6 * expected.Norm, $"{name} {first}: {distance} of {expected.Norm}");
            }
    }

    [Fact]
    public async Task NonFiniteFactors_OfProducts_CountOnce()
    {
        WriteOdd(float.NaN);
        await _scene.MergeAsync("merge_method: star\nbase_model: $base\nmodels: [{model: $far+$nan}]",
            new() { NonFinite = NonFinitePolicy.Zero, Threads = 1, MemoryBytes = 256 << 20 });
        Assert.Equal((Names[0], 1), (_scene.Report!.NonFinite.Single().Tensor, (int)_scene.Report.NonFinite[0].Inputs));
    }

    [Theory]
    [InlineData("task_arithmetic", "weight: 0.4")]
    [InlineData("knots", "inner: task_arithmetic, weight: 0.4")]
    public async Task AnAdapterOfAll_ExpertsToo_IsTheMerge(string method, string parameters)
    {
        var recipe = $"merge_method: {method}\nbase_model: $base\nparameters: {{{parameters}}}\n{Models}";
        var expected = await _scene.MergeAsync(recipe, null, "expected");
        var report = Merger.ExtractLora(_scene.Recipe(recipe), _scene["base"], _scene["lora"],
            new() { Rank = 12, DType = DType.F32, Threads = 2, MemoryBytes = 512 << 20 });
        Assert.Equal([4, 12, 12, 12], report.Modules.Select(m => m.Rank).Order());
        Assert.Empty(report.Left);
        var found = await _scene.FoldAsync();
        foreach (var name in Names)
            AdapterScene.AssertClose([.. expected[name].ToFloats().Select(v => (double)v)], found[name], 1e-5);
    }

    [Fact]
    public async Task SameBits_HoweverItRuns()
    {
        const string Recipe = "merge_method: knots\nbase_model: $base\n"
            + "parameters: {inner: ties, density: 0.5, weight: 1}\n" + Models;
        var expected = await _scene.MergeAsync(Recipe);
        foreach (var threads in new[] { 1, 3 })
            foreach (var input in Enum.GetValues<InputMode>())
            {
                var found = await _scene.MergeAsync(
                    Recipe, new() { Threads = threads, Input = input, MemoryBytes = 100 << 20, ChunkBytes = 64 << 10 });
                Assert.All(expected, t => Assert.Equal(t.Value.Data, found[t.Key].Data));
            }
    }
}
