using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using FastMerge.Testing;
using FastMerge.Testing.Checkpoints;
using FastMerge.Tests.Cli;

namespace FastMerge.Tests.Recipe;

/// <summary>The documented examples on small checkpoints with the layers that they ask for.</summary>
public sealed class ExampleMergeTests : IDisposable
{
    const int Layers = 40, FewerLayers = 32;

    readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string> Cases() => [.. RecipeSamples.Examples.Keys];

    /// <summary>Writes the models that a recipe names, and the recipe with their paths.</summary>
    string Prepare(string text)
    {
        string[] names = ["llama-13b", "llama-13b-a", "llama-13b-b", "llama-13b-c", "mistral-7b", "mistral-7b-a",
            "mistral-7b-b"];
        foreach (var name in names.Where(n => text.Contains("models/" + n + "\n", StringComparison.Ordinal)))
        {
            var isLlama = name.StartsWith("llama", StringComparison.Ordinal);
            new SyntheticCheckpoint(new(isLlama ? Layers : FewerLayers, 16, 24, 40, 2, 1))
            {
                DType = isLlama ? "F16" : "BF16",
                FineTune = name[^2] == '-' ? name[^1] - 'a' + 1 : 0,
            }.Write(_folder["models/" + name]);
        }
        File.WriteAllText(_folder["recipe.yml"], text.Replace("models/", _folder["models/"], StringComparison.Ordinal));
        return _folder["recipe.yml"];
    }

    async Task<SortedDictionary<string, StoredTensor>> Merge(string text, string output = "merged")
    {
        var (exit, _, error) = await CliRun.WithLibrary("mergekit-yaml", Prepare(text), _folder[output], "--quiet");
        Assert.True(exit == 0, error);
        return SafetensorsFile.ReadFolder(_folder[output]);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Example_Merges(string name)
    {
        var text = RecipeSamples.Examples[name];
        var layers = LayersOf(name);
        var merged = await Merge(text);
        var config = JsonNode.Parse(await File.ReadAllTextAsync(_folder["merged/config.json"]))!;
        Assert.Equal(layers, (int)config["num_hidden_layers"]!);
        var shape = new CheckpointShape(layers, 16, 24, 40, 2, 1);
        Assert.Equal(shape.Tensors().Select(t => t.Name).Order(StringComparer.Ordinal), merged.Keys);
        Assert.All(merged.Values, t => Assert.DoesNotContain(t.ToFloats(), float.IsNaN));
    }

    /// <summary>What <c>plan</c> lists is what is merged, layer by layer from the recipe's models.</summary>
    [Theory]
    [MemberData(nameof(Cases))]
    public void Example_IsListed(string name)
    {
        var text = RecipeSamples.Examples[name];
        var plan = Merger.Plan(RecipeSource.File(Prepare(text)));
        var output = plan.TensorPlans.Where(t => t.Stage is null).ToArray();
        var shape = new CheckpointShape(LayersOf(name), 16, 24, 40, 2, 1);
        Assert.Equal(shape.Tensors().Select(t => t.Name).Order(), output.Select(t => t.Name).Order());
        Assert.Equal(plan.TensorPlans.Count(), plan.TensorGroups.Sum(g => g.Tensors));
        Assert.All(plan.TensorPlans, t => Assert.All(t.Sources, s => Assert.Equal(
            name == "44-layers" && t.Layer >= 24 ? t.Layer - 4 : t.Layer,
            s.Tensor.Split('.') is [_, "layers", var layer, ..] ? int.Parse(layer, null) : null)));
        if (name != "rules") Assert.All(output, t => Assert.EndsWith(t.Method, Regex.Match(
            text, @"^merge_method: (\w+)", RegexOptions.Multiline | RegexOptions.RightToLeft).Groups[1].Value));
        if (name is "44-layers") Assert.All(output, t => Assert.EndsWith(
            t.Layer < 24 || t.Name.Contains("embed") ? "llama-13b-a" : "llama-13b-b", Assert.Single(t.Sources).Model));
    }

    static int LayersOf(string name) => name == "44-layers" ? 44
        : RecipeSamples.Examples[name].Contains("llama", StringComparison.Ordinal) ? Layers : FewerLayers;

    [Fact]
    public async Task StackedLayers_AreThoseOfTheirModels()
    {
        var merged = await Merge(RecipeSamples.Examples["44-layers"]);
        var (a, b) = (SafetensorsFile.ReadFolder(_folder["models/llama-13b-a"]),
            SafetensorsFile.ReadFolder(_folder["models/llama-13b-b"]));
        foreach (var (name, tensor) in merged)
        {
            var parts = name.Split('.');
            var layer = parts[1] == "layers" ? int.Parse(parts[2], null) : name.Contains("embed") ? 0 : 43;
            var source = layer < 24 ? a : b;
            if (parts[1] == "layers" && layer >= 24) parts[2] = $"{layer - 4}";
            Assert.Equal(source[string.Join('.', parts)].Data, tensor.Data);
        }
    }

    [Fact]
    public async Task Stages_GiveWhatMergesOneAfterTheOtherGive()
    {
        var text = RecipeSamples.Examples["stages"];
        var streamed = await Merge(text);
        string[] documents = [.. text.Split("---\n")];
        foreach (var (document, name) in documents.Zip(["first", "second"]))
            await Merge(document.Replace($"name: {name}\n", "", StringComparison.Ordinal), "models/" + name);
        var last = documents[2].Replace("model: first", "model: models/first").Replace("model: second",
            "model: models/second");
        var staged = await Merge(last, "staged");
        Assert.All(streamed, t => Assert.Equal(staged[t.Key].Data, t.Value.Data));
    }

    [Fact]
    public async Task Rules_GiveEachTensorItsMethod()
    {
        var text = RecipeSamples.Examples["rules"];
        var merged = await Merge(text);
        var head = text[..text.IndexOf("rules:", StringComparison.Ordinal)];
        async Task<SortedDictionary<string, StoredTensor>> By(string method, string more) => await Merge(
            head.Replace("merge_method: ties", $"merge_method: {method}") + more + "dtype: bfloat16\n", method);
        var (ties, linear, arithmetic) = (await By("ties", ""), await By("linear", "parameters: {normalize: true}\n"),
            await By("task_arithmetic", "parameters: {lambda: 0.8}\n"));
        foreach (var (name, tensor) in merged)
        {
            var early = name.Split('.') is [_, "layers", var layer, ..] && int.Parse(layer, null) <= 3;
            var expected = name.Contains("norm") ? linear : early && name.Contains("self_attn") ? arithmetic : ties;
            Assert.Equal(expected[name].Data, tensor.Data);
        }
    }
}
