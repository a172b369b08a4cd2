using System.Text.Json.Nodes;
using FastMerge.Testing;
using FastMerge.Testing.Checkpoints;
using FastMerge.Testing.Golden;

namespace FastMerge.Tests.Merging;

/// <summary>Whole merges, files in and files out, against mergekit's outputs.</summary>
public class GoldenMergeTests
{
    static readonly string Folder = RepositoryFolder.Combine("tests", "golden", "mergekit");

    static GoldenManifest Manifest { get; } = GoldenManifest.Load(Folder);

    public static TheoryData<GoldenCase> Cases() => [.. Manifest.Cases.Where(c => c.HasInputs)];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Merge_AgreesWithMergekit(GoldenCase golden)
    {
        using var output = new TempFolder();
        var text = await File.ReadAllTextAsync(Path.Combine(Folder, golden.Name, "config.yml"));
        var recipe = RecipeSource.Yaml(
            text.Replace("inputs/", Folder + "/inputs/", StringComparison.Ordinal), golden.Name);
        await Merger.MergeAsync(recipe, output.Root, new MergeOptions { Threads = 2 });

        var merged = SafetensorsFile.ReadFolder(output.Root);
        var expected = SafetensorsFile.ReadFolder(Manifest.CaseFolder(golden));
        var ambiguous = Path.Combine(Manifest.CaseFolder(golden), "ambiguous.safetensors");
        foreach (var name in golden.DeviatingTensors)
        {
            Assert.NotEmpty(GoldenJudge.Compare(golden.Tolerance, Only(expected, name), Only(merged, name)));
            expected.Remove(name);
            merged.Remove(name);
        }
        Assert.Empty(GoldenJudge.Compare(
            golden.Tolerance, expected, merged, File.Exists(ambiguous) ? SafetensorsFile.Read(ambiguous) : null));
        if (golden.Deviation is null)
            CompareConfigs(Path.Combine(Manifest.CaseFolder(golden), "out_config.json"), output["config.json"]);
    }

    /// <summary>Layers, dtype, vocabulary and all else must agree, but names of classes and versions.</summary>
    static void CompareConfigs(string expected, string merged)
    {
        var (theirs, ours) = (Read(expected), Read(merged));
        foreach (var key in theirs.Select(p => p.Key).Except(["transformers_version", "architectures", "model_type"]))
            Assert.True(JsonNode.DeepEquals(theirs[key], ours[key]),
                $"{key}: {theirs[key]?.ToJsonString()}, ours {ours[key]?.ToJsonString()}");

        static JsonObject Read(string path) => JsonNode.Parse(File.ReadAllText(path))!.AsObject();
    }

    static Dictionary<string, StoredTensor> Only(IReadOnlyDictionary<string, StoredTensor> tensors, string name) =>
        new() { [name] = tensors[name] };
}
