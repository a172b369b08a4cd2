using FastMerge.Testing;
using FastMerge.Testing.Checkpoints;

namespace FastMerge.Tests.Merging;

/// <summary>What lies beside the weights: the recipe as it was written, and a card that names all of it.</summary>
public sealed class OutputContentsTests : IDisposable
{
    readonly TempFolder _folder = new();

    public OutputContentsTests()
    {
        foreach (var name in (string[])["a", "b", "c"])
            SafetensorsFile.Write(_folder[$"{name}/model.safetensors"],
                [StoredTensor.Of("x", "F32", [2, 2], [1, 2, 3, 4])]);
        File.WriteAllText(_folder["a/config.json"], """{"model_type": "llama"}""");
        File.WriteAllText(_folder["a/mergekit_config.yml"], "the donor's own");
        File.WriteAllText(_folder["a/README.md"], "the donor's own");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Recipe_IsKeptAsWritten()
    {
        var recipe = $"# why\r\nmerge_method:   linear\nmodels:\n- model: {_folder["a"]}\n- model: {_folder["b"]}\n"
            + "parameters: {weight: 0.50}\n# \u00fc\n\n";
        await Merger.MergeAsync(RecipeSource.Yaml(recipe), _folder["out"]);
        Assert.Equal(recipe, File.ReadAllText(_folder["out/mergekit_config.yml"]));
        Assert.True((await Merger.VerifyAsync(_folder["out"])).IsGood);
    }

    [Fact]
    public async Task Card_NamesModelsAndMethodsOfAllDocuments_NoStages()
    {
        var recipe = $$"""
            name: half
            merge_method: linear
            models: [{model: {{_folder["a"]}}}, {model: {{_folder["b"]}}}]
            parameters: {weight: 1}
            ---
            merge_method: slerp
            base_model: half
            models: [{model: {{_folder["c"]}}}]
            parameters: {t: 0.5}
            """;
        await Merger.MergeAsync(RecipeSource.Yaml(recipe), _folder["out"]);
        var card = File.ReadAllText(_folder["out/README.md"]);
        Assert.Contains("by the methods `slerp`, `linear`.", card, StringComparison.Ordinal);
        var models = card[card.IndexOf("## Models", StringComparison.Ordinal)
            ..card.IndexOf("## Recipe", StringComparison.Ordinal)];
        Assert.Equal([.. new[] { "a", "b", "c" }.Select(m => $"- `{_folder[m]}`")],
            models.Split('\n').Where(l => l.StartsWith("- ", StringComparison.Ordinal)).Order());
        Assert.Contains(recipe.Split('\n')[^1], card, StringComparison.Ordinal);
    }
}
