using FastMerge.Core;
using FastMerge.Testing.Checkpoints;

namespace FastMerge.Tests.Plan;

/// <summary>Recipes of several documents: stages that are models of others, with nothing of them on disk.</summary>
public sealed class StageTests : IDisposable
{
    const string Middle = """
        name: middle
        merge_method: linear
        parameters: {weight: [1, 3], normalize: false}
        slices:
        - sources: [{model: $a, layer_range: [0, 2]}]
        - sources: [{model: $b, layer_range: [0, 1]}]
        """;

    const string Output = """
        ---
        merge_method: task_arithmetic
        base_model: $c
        models: [{model: middle, parameters: {weight: 0.5}}]
        """;

    readonly TinyModels _models = new TinyModels().Llama("a", 1, 2).Llama("b", 2, 2).Llama("c", 8, 3);

    public void Dispose() => _models.Dispose();

    [Fact]
    public async Task Stage_IsAModelOfTheOutput()
    {
        var merged = await _models.MergeAsync(Middle + "\n" + Output);
        Assert.Equal((8 + 1) / 2f, merged["model.layers.0.mlp.up_proj.weight"]);
        Assert.Equal((18 + 33) / 2f, merged["model.layers.1.mlp.up_proj.weight"]);
        Assert.Equal((28 + 6) / 2f, merged["model.layers.2.mlp.up_proj.weight"]);
        Assert.Equal((208 + 202) / 2f, merged["model.norm.weight"]);
        Assert.Equal(3, (int)_models.Config()["num_hidden_layers"]!);
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(_models[""]), e => Path.GetFileName(e) == "middle");
    }

    [Fact]
    public void Plan_ListsStagesAndTheirTensors()
    {
        var plan = _models.Plan(Output + "\n---\n" + Middle);
        Assert.Equal(["middle"], plan.Stages);
        Assert.Equal("task_arithmetic", plan.Method);
        var tensors = plan.TensorPlans.ToArray();
        Assert.Equal(plan.Tensors, tensors.Count(t => t.Stage is null));
        Assert.Equal(9, tensors.Count(t => t.Stage == "middle"));
        var norm = tensors.Single(t => t is { Stage: null, Name: "model.norm.weight" });
        Assert.Equal(["middle"], norm.Sources.Where(s => !s.IsBase).Select(s => s.Model));
        Assert.Equal(9, plan.TensorGroups.Where(g => g.Stage == "middle").Sum(g => g.Tensors));
    }

    [Fact]
    public async Task Stages_RoundToTheirOwnDType_AsIfWrittenBetween()
    {
        const string First = """
            merge_method: linear
            out_dtype: bfloat16
            models: [{model: $a, parameters: {weight: 0.3}}, {model: $x, parameters: {weight: 0.9}}]
            """;
        const string Second = """
            merge_method: slerp
            base_model: MID
            parameters: {t: 0.3}
            out_dtype: float32
            models: [{model: MID}, {model: $x}]
            """;
        _models.Llama("x", 0.7f, 2);
        await _models.MergeAsync(First, "written");
        await _models.MergeAsync(Second.Replace("MID", "$written", StringComparison.Ordinal), "two");
        await _models.MergeAsync($"name: mid\n{First}\n---\n" + Second.Replace("MID", "mid", StringComparison.Ordinal));
        var (two, one) = (SafetensorsFile.ReadFolder(_models["two"]), SafetensorsFile.ReadFolder(_models["out"]));
        Assert.Equal(two.Keys, one.Keys);
        Assert.All(two, t => Assert.Equal(t.Value.Data, one[t.Key].Data));
        Assert.Equal(File.ReadAllText(_models["two/config.json"]), File.ReadAllText(_models["out/config.json"]));
    }

    [Fact]
    public async Task RandomStream_FollowsFromTheStagesName()
    {
        const string Dare = """
            merge_method: dare_linear
            base_model: $a
            models: [{model: $b, parameters: {weight: 1, density: 0.5}}]
            """;
        var hashes = new List<string?>();
        foreach (var name in (string[])["one", "two", "one"])
        {
            var report = await Merger.MergeAsync(
                _models.Recipe($"name: {name}\n{Dare}\n---\nmerge_method: passthrough\nmodels: [{{model: {name}}}]"),
                null, new() { Sink = OutputSink.Hash, Threads = 1, MemoryBytes = 256 << 20 });
            hashes.Add(report.Hash);
        }
        Assert.Equal(hashes[0], hashes[2]);
        Assert.NotEqual(hashes[0], hashes[1]);
    }

    [Fact]
    public void LayersOfAStage_AreThoseOfItsStack() => _models.Refuses(Middle + """

        ---
        merge_method: passthrough
        slices: [{sources: [{model: middle, layer_range: [0, 4]}]}]
        """, FailureKind.Recipe, "layer_range [0, 4] goes beyond middle, which has 3 layers");

    [Fact]
    public void Circle_IsRefused() => _models.Refuses("""
        name: x
        merge_method: passthrough
        models: [{model: y}]
        ---
        name: y
        merge_method: passthrough
        models: [{model: x}]
        """, FailureKind.Recipe, "these merges need each other: 'x', 'y'");

    [Fact]
    public void FaultInAStage_IsFound() => _models.Refuses(
        Middle.Replace("weight: [1, 3]", "weight: one", StringComparison.Ordinal) + "\n" + Output,
        FailureKind.Recipe, "r.yml:3:22: 'weight' is 'one'; accepted: a number");
}
