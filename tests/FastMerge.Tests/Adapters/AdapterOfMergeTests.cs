using FastMerge.Checkpoint;
using FastMerge.Core;
using FastMerge.Extraction;
using FastMerge.Plan;
using FastMerge.Recipe;
using FastMerge.Testing.Checkpoints;

namespace FastMerge.Tests.Adapters;

/// <summary>Adapters that are merged with each other to one; no merged model is written.</summary>
public class AdapterOfMergeTests : IDisposable
{
    const string Q = "layers.0.q_proj";
    const string V = "layers.0.v_proj";
    const string Models = "base_model: $base\nmodels: [{model: $base+$a, parameters: {weight: 0.7}}, "
        + "{model: $base+$b, parameters: {weight: 0.5}}]\n";

    readonly AdapterScene _scene = new();

    public AdapterOfMergeTests()
    {
        _scene.Model("base", null, _scene.Random(Q + ".weight", "BF16", 40, 60),
            _scene.Random(V + ".weight", "BF16", 30, 60), _scene.Random("norm.weight", "BF16", 60));
        _scene.Adapter("a", "{}", [.. _scene.Factors(Q, "F32", 60, 40), .. _scene.Factors(V, "F32", 60, 30)]);
        _scene.Adapter("b", """{"r": 3}""", _scene.Factors(Q, "F32", 60, 40, 3));
    }

    public void Dispose() => _scene.Dispose();

    ExtractReport Extract(string recipe, ExtractOptions options, string output = "lora") => Merger.ExtractLora(
        _scene.Recipe(recipe), _scene["base"], _scene[output], options with { Threads = 2, MemoryBytes = 512 << 20 });

    [Theory]
    [InlineData("merge_method: task_arithmetic\n", 7)]
    [InlineData("merge_method: ties\nparameters: {density: 0.4}\n", 40)]
    [InlineData("merge_method: core_space\n", 7)]
    [InlineData("merge_method: iso_c\n", 7)]
    [InlineData("merge_method: linear\n", 7)]
    [InlineData("merge_method: task_arithmetic\nparameters: {lambda: 0.3, normalize: true}\n", 7)]
    [InlineData("merge_method: knots\n", 7)]
    [InlineData("merge_method: wudi\n", 7)]
    public async Task OfTheRankThatIsThere_IsTheMerge(string method, int rank)
    {
        var expected = await _scene.MergeAsync(method + Models + "out_dtype: float32");
        var report = Extract(method + Models, new() { Rank = rank });
        Assert.Equal(1, report.Captured, 6);
        Assert.Equal(Math.Min(rank, 40), report.Modules.Single(m => m.Module == Q).Rank);
        Assert.Empty(report.Left);
        var found = await _scene.FoldAsync();
        foreach (var (name, tensor) in expected)
            AdapterScene.AssertClose(FoldOracle.Doubles(tensor), found[name]);
    }

    [Theory]
    [InlineData("task_arithmetic", "", true)]
    [InlineData("linear", "", true)]
    [InlineData("linear", "normalize: false", false)]
    [InlineData("star", "", true)]
    [InlineData("knots", "", true)]
    [InlineData("core_space", "", true)]
    [InlineData("drm", "", true)]
    [InlineData("ties", "density: 0.4", false)]
    public void ProductsAreNotFormed(string method, string parameters, bool isFactored)
    {
        var recipe = _scene.Recipe($"merge_method: {method}\nparameters: {{{parameters}}}\n{Models}dtype: bfloat16\n");
        var plan = ModelPaths.Plan(RecipeReader.ParseDocuments(recipe.Text!, recipe.Name, new()), new(),
            new PlanOptions(false, InFactors: true), FileStorage.Instance);
        var weights = new ExtractionPlan(ExtractionInput.Of("r", plan),
            ExtractionInput.Of(InputCheckpoint.Open(new ModelLocation(_scene["base"]), FileStorage.Instance)), new());
        Assert.Equal(2, weights.Weights.Count);
        Assert.All(weights.Weights, w => Assert.Equal(isFactored, w.Update is not null));
        Assert.All(weights.Weights, w => Assert.Empty(w.Update?.Program.Loads ?? []));
    }

    [Fact]
    public void ALargeBase_CostsNoDigits()
    {
        StoredTensor Large(string name, long rows) =>
            StoredTensor.Of(name, "F32", [rows, 60], [.. Enumerable.Repeat(1000f, (int)rows * 60)]);
        const string Recipe = "merge_method: task_arithmetic\n" + Models;
        var options = new ExtractOptions { Rank = 7, DType = DType.F32 };
        Extract(Recipe, options);
        var expected = SafetensorsFile.Read(_scene["lora/adapter_model.safetensors"]);
        _scene.Model("base", null, Large(Q + ".weight", 40), Large(V + ".weight", 30));
        Extract(Recipe, options, "far");
        foreach (var (name, tensor) in SafetensorsFile.Read(_scene["far/adapter_model.safetensors"]))
            Assert.Equal(expected[name].ToFloats(), tensor.ToFloats());
    }

    [Fact]
    public void NonFiniteFactors_AreRefused()
    {
        var factors = _scene.Factors(Q, "F32", 60, 40);
        var values = factors[1].ToFloats();
        values[7] = float.PositiveInfinity;
        _scene.Adapter("a", "{}", factors[0], StoredTensor.Of(factors[1].Name, "F32", factors[1].Shape, values));
        var failure = Assert.Throws<FastMergeException>(
            () => Extract("merge_method: task_arithmetic\n" + Models, new()));
        Assert.Equal(FailureKind.NonFinite, failure.Kind);
        Assert.Contains(Q, failure.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_scene["lora"]));
    }

    [Fact]
    public void LowerRank_IsTheBestOfItsRank()
    {
        const string Recipe = "merge_method: task_arithmetic\n" + Models;
        var low = Extract(Recipe, new() { Rank = 3 }).Modules.Single(m => m.Module == Q);
        var all = Extract(Recipe, new() { Energy = 1 }, "all").Modules.Single(m => m.Module == Q);
        Assert.Equal((3, 7), (low.Rank, all.Rank));
        Assert.InRange(low.Captured, 0.3, 0.99);
        Assert.Equal(all.Energy, low.Energy, all.Energy * 1e-5);
        Assert.False(File.Exists(_scene["lora/model.safetensors"]));
    }

    [Fact]
    public void Refusals()
    {
        void Refuses(FailureKind kind, string expected, string recipe, ExtractOptions options)
        {
            var failure = Assert.Throws<FastMergeException>(() => Extract(recipe, options));
            Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
            Assert.Equal(kind, failure.Kind);
            Assert.False(Directory.Exists(_scene["lora"]));
        }
        Refuses(FailureKind.Usage, "are not saved whole", "merge_method: task_arithmetic\n" + Models,
            new() { Full = true });
        Refuses(FailureKind.Plan, "metagpt takes values over the whole model",
            "merge_method: metagpt\nbase_model: $base\nmodels: [{model: $base+$a}, {model: $base+$b}]", new());
        Refuses(FailureKind.Recipe, "tiess", "merge_method: tiess\n" + Models, new());
        Refuses(FailureKind.Input, "nobody",
            "merge_method: linear\nparameters: {weight: 1}\nmodels: [{model: $base+$nobody}]", new());
    }
}
