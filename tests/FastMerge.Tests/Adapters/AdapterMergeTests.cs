using FastMerge.Core;
using FastMerge.Plan;
using FastMerge.Testing.Checkpoints;
using FastMerge.Tests.Merging;

namespace FastMerge.Tests.Adapters;

/// <summary>Merges of models with adapters are merges of the folded models, to the bit, however they run.</summary>
public class AdapterMergeTests : IDisposable
{
    const string Q = "layers.0.q_proj";
    const string V = "layers.0.v_proj";
    const string Two = "models: [{model: $one+$plain, parameters: {weight: 0.7}}, "
        + "{model: $one+$dora, parameters: {weight: 0.4}}, {model: $two, parameters: {weight: 0.3}}]";

    readonly AdapterScene _scene = new();

    public AdapterMergeTests()
    {
        foreach (var name in new[] { "base", "one", "two" })
            _scene.Model(name, """{"model_type": "x"}""", _scene.Random(Q + ".weight", "BF16", 150, 1100),
                _scene.Random(V + ".weight", "BF16", 2, 50000), _scene.Random("norm.weight", "BF16", 300));
        StoredTensor[] factors = [.. _scene.Factors(Q, "BF16", 1100, 150), .. _scene.Factors(V, "F32", 50000, 2)];
        _scene.Adapter("plain", "{}", factors);
        _scene.Adapter("dora", """{"use_dora": true, "lora_alpha": 9}""",
            [.. factors, _scene.Random($"base_model.model.{Q}.lora_magnitude_vector", "F32", 150),
                _scene.Random($"base_model.model.{V}.lora_magnitude_vector", "F32", 2)]);
    }

    public void Dispose() => _scene.Dispose();

    static string[] Recipes =>
    [
        $"merge_method: linear\n{Two}",
        $"merge_method: ties\nbase_model: $base\nparameters: {{density: 0.4}}\n{Two}",
        $"merge_method: ties\nbase_model: $base+$dora\nparameters: {{density: 0.4}}\n{Two}",
        $"merge_method: della\nbase_model: $base\nparameters: {{density: 0.5, epsilon: 0.1}}\n{Two}",
        "merge_method: model_stock\nparameters: {filter_wise: true}\nbase_model: $base+$plain\n"
            + "models: [{model: $one+$plain}, {model: $two+$dora}]",
        "merge_method: metagpt\nbase_model: $base\nmodels: [{model: $one+$dora}, {model: $two+$plain}]",
    ];

    public static TheoryData<int> RecipeNumbers() => [.. Enumerable.Range(0, Recipes.Length)];

    [Theory]
    [MemberData(nameof(RecipeNumbers))]
    public async Task EqualsMergingFoldedModels(int number)
    {
        var recipe = Recipes[number];
        foreach (var (model, adapter) in new[] { ("base", "plain"), ("base", "dora"), ("one", "plain"),
            ("one", "dora"), ("two", "plain"), ("two", "dora") })
        {
            if (!recipe.Contains($"${model}+${adapter}", StringComparison.Ordinal)) continue;
            await _scene.MergeAsync($"merge_method: passthrough\nmodels: [{{model: ${model}+${adapter}}}]\n"
                + "out_dtype: float32", null, $"{model}-{adapter}");
        }
        var expected = await _scene.MergeAsync(
            recipe.Replace("+$", "-", StringComparison.Ordinal) + "\nout_dtype: bfloat16", null, "expected");
        var plan = HandPlan.Plan(_scene.Recipe(recipe + "\nout_dtype: bfloat16"));
        Assert.Contains(plan.Tensors, t => t.Updates.Any());
        foreach (var threads in new[] { 1, 3 })
            foreach (var chunk in new[] { 64 << 10, 1 << 20 })
                foreach (var input in Enum.GetValues<InputMode>())
                {
                    var options = new RunOptions
                    { Threads = threads, Chunk = chunk, Input = input, Seed = 0, Interpret = chunk == 1 << 20 };
                    var found = HandPlan.Bytes(plan.Tensors, plan.Checkpoints, options);
                    for (var i = 0; i < found.Length; i++)
                        Assert.True(expected[plan.Tensors[i].Output.Name].Data.AsSpan().SequenceEqual(found[i]),
                            $"{plan.Tensors[i].Output.Name} {threads} {chunk} {input}");
                }
    }

    [Theory]
    [InlineData("iso_c")]
    [InlineData("star")]
    public async Task MethodsOnMatrices_EqualMergingFoldedModels(string method)
    {
        foreach (var (model, adapter) in new[] { ("one", "dora"), ("two", "plain") })
            await _scene.MergeAsync($"merge_method: passthrough\nmodels: [{{model: ${model}+${adapter}}}]\n"
                + "out_dtype: float32", null, $"{model}-{adapter}");
        var recipe = $"merge_method: {method}\nbase_model: $base\nmodels: [{{model: $one+$dora}}, "
            + "{model: $two+$plain}]\nout_dtype: bfloat16";
        var expected = await _scene.MergeAsync(recipe.Replace("+$", "-", StringComparison.Ordinal), null, "expected");
        var found = await _scene.MergeAsync(recipe);
        Assert.All(expected, t => Assert.Equal(t.Value.Data, found[t.Key].Data));
    }

    [Fact]
    public async Task AStage_CanHaveAnAdapter_AndBeBelowOne()
    {
        const string Stage = "merge_method: ties\nbase_model: $base\nparameters: {density: 0.5, weight: 1}\n"
            + "models: [{model: $one+$plain}, {model: $two}]\nout_dtype: float32";
        await _scene.MergeAsync(Stage, null, "mixed");
        await _scene.MergeAsync("merge_method: passthrough\nmodels: [{model: $mixed+$dora}]", null, "folded");
        const string Last = "merge_method: linear\nparameters: {weight: 1}\nmodels: [{model: LAST}, {model: $one}]";
        var expected = await _scene.MergeAsync(Last.Replace("LAST", "$folded", StringComparison.Ordinal));
        var found = await _scene.MergeAsync($"name: mixed\n{Stage}\n---\n"
            + Last.Replace("LAST", "mixed+$dora", StringComparison.Ordinal));
        Assert.All(expected, t => Assert.Equal(t.Value.Data, found[t.Key].Data));
        Assert.Contains($"`{_scene["dora"]}`", File.ReadAllText(_scene["out/README.md"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ACopiedStage_CanHaveAnAdapter()
    {
        var expected = await _scene.MergeAsync("merge_method: passthrough\nmodels: [{model: $one+$plain}]");
        var found = await _scene.MergeAsync("name: same\nmerge_method: passthrough\nmodels: [{model: $one}]\n---\n"
            + "merge_method: passthrough\nmodels: [{model: same+$plain}]");
        Assert.All(expected, t => Assert.Equal(t.Value.Data, found[t.Key].Data));
    }

    [Fact]
    public async Task PlanCardAndLock_TellOfIt()
    {
        const string Recipe = "merge_method: passthrough\nmodels: [{model: $one+$plain}]";
        var plan = Merger.Plan(_scene.Recipe(Recipe));
        var sources = plan.TensorPlans.ToDictionary(t => t.Name, t => Assert.Single(t.Sources).Model);
        Assert.Equal($"{_scene["one"]}+{_scene["plain"]}", sources[Q + ".weight"]);
        Assert.Equal(_scene["one"], sources["norm.weight"]);
        Assert.Equal([$"{_scene["one"]}+{_scene["plain"]}"], plan.Models);
        await _scene.MergeAsync(Recipe);
        Assert.Contains($"- `{_scene["one"]}+{_scene["plain"]}`", File.ReadAllText(_scene["out/README.md"]),
            StringComparison.Ordinal);
        var locked = File.ReadAllText(_scene["out/fastmerge.lock.json"]);
        Assert.Contains("\"adapter_model.safetensors\"", locked, StringComparison.Ordinal);
        Assert.Contains("\"adapter_config.json\"", locked, StringComparison.Ordinal);
        Assert.True(Report().InputBytes >= new FileInfo(_scene["one/model.safetensors"]).Length - 1000);
    }

    MergeReport Report() => _scene.Report!;

    [Fact]
    public void Identity_TellsScaleAndFactors()
    {
        string Text(string adapter) => System.Text.Encoding.UTF8.GetString(PlanIdentity.Write(HandPlan.Plan(
            _scene.Recipe($"merge_method: passthrough\nmodels: [{{model: $one+${adapter}}}]")), 0, false, ""));
        var before = Text("plain");
        Assert.NotEqual(before, Text("dora"));
        Assert.Equal(before, Text("plain"));
        var config = _scene["plain/adapter_config.json"];
        File.WriteAllText(config, File.ReadAllText(config).Replace("\"lora_alpha\":6", "\"lora_alpha\":7",
            StringComparison.Ordinal));
        Assert.NotEqual(before, Text("plain"));
    }

    [Fact]
    public void Memory_CountsFactors_AndWholeRows()
    {
        MergePlan Plan(string model) => Merger.Plan(
            _scene.Recipe($"merge_method: passthrough\nmodels: [{{model: {model}}}]\nout_dtype: float32"), null,
            new() { Threads = 1, ChunkBytes = 64 << 10, MemoryBytes = 1 << 30 });
        var (none, plain, dora) = (Plan("$one"), Plan("$one+$plain"), Plan("$one+$dora"));
        Assert.True(plain.PeakMemoryBytes > none.PeakMemoryBytes + 4 * 4 * 50000);
        Assert.True(dora.PeakMemoryBytes > plain.PeakMemoryBytes);
        Assert.True(plain.InputBytes > none.InputBytes);
    }

    [Theory]
    [InlineData(NonFinitePolicy.Warn)]
    [InlineData(NonFinitePolicy.Zero)]
    [InlineData(NonFinitePolicy.Error)]
    public async Task NonFinite_InWeightsAndFactors(NonFinitePolicy policy)
    {
        StoredTensor With(StoredTensor tensor, params (int At, float Value)[] values)
        {
            var all = tensor.ToFloats();
            foreach (var (at, value) in values) all[at] = value;
            return StoredTensor.Of(tensor.Name, tensor.DType, tensor.Shape, all);
        }
        var factors = _scene.Factors(Q, "F32", 10, 6);
        StoredTensor[] Models(float a, float b) => [With(_scene.Random(Q + ".weight", "F32", 6, 10), (3, a), (17, b))];
        var stored = _scene.Model("odd", null, Models(float.NaN, float.PositiveInfinity));
        _scene.Adapter("nan", "{}", factors[0], With(factors[1], (9, float.NaN)));
        const string Recipe = "merge_method: passthrough\nmodels: [{model: $odd+$nan}]";
        var options = new MergeOptions { NonFinite = policy, Threads = 1, MemoryBytes = 256 << 20 };
        if (policy == NonFinitePolicy.Error)
        {
            var failure = await Assert.ThrowsAsync<FastMergeException>(() => _scene.MergeAsync(Recipe, options));
            Assert.Equal(FailureKind.NonFinite, failure.Kind);
            Assert.Contains(Q, failure.Message, StringComparison.Ordinal);
            return;
        }
        var values = (await _scene.MergeAsync(Recipe, options))[Q + ".weight"];
        var count = Assert.Single(_scene.Report!.NonFinite);
        if (policy == NonFinitePolicy.Warn)
        {
            // A row of the result takes the NaN of its row of B.
            Assert.Equal(12, values.ToFloats().Count(v => !float.IsFinite(v)));
            Assert.Equal(12, count.Inputs);
            return;
        }
        Assert.Equal(3, count.Inputs);
        _scene.Model("even", null, With(stored[0], (3, 0), (17, 0)));
        _scene.Adapter("finite", "{}", factors[0], With(factors[1], (9, 0)));
        var expected = await _scene.MergeAsync("merge_method: passthrough\nmodels: [{model: $even+$finite}]");
        Assert.Equal(expected[Q + ".weight"].Data, values.Data);
    }
}
