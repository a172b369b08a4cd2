using System.Text.Json.Nodes;
using FastMerge.Testing.Checkpoints;
using FastMerge.Testing.Golden;
using FastMerge.Tests.Oracles;

namespace FastMerge.Tests.Merging;

/// <summary>Whole merges, files in and files out, against mergekit's outputs.</summary>
public class GoldenMergeTests
{
    static GoldenManifest Manifest => GoldenMerges.Manifest;

    public static TheoryData<GoldenCase> Cases() => [.. Manifest.Cases.Where(c => c.HasInputs)];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Merge_AgreesWithMergekit(GoldenCase golden)
    {
        var output = await GoldenMerges.FolderOf(golden);
        var merged = output.Copy();
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
            CompareConfigs(Path.Combine(Manifest.CaseFolder(golden), "out_config.json"), output.Config);
    }

    /// <summary>Layers, dtype, vocabulary and all else must agree, but names of classes and versions.</summary>
    static void CompareConfigs(string expected, JsonObject ours)
    {
        var theirs = JsonNode.Parse(File.ReadAllText(expected))!.AsObject();
        foreach (var key in theirs.Select(p => p.Key).Except(["transformers_version", "architectures", "model_type"]))
            Assert.True(JsonNode.DeepEquals(theirs[key], ours[key]),
                $"{key}: {theirs[key]?.ToJsonString()}, ours {ours[key]?.ToJsonString()}");
    }

    static Dictionary<string, StoredTensor> Only(IReadOnlyDictionary<string, StoredTensor> tensors, string name) =>
        new() { [name] = tensors[name] };
}
