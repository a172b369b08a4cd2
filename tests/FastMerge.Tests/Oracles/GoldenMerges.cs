using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using FastMerge.Testing;
using FastMerge.Testing.Checkpoints;
using FastMerge.Testing.Golden;

namespace FastMerge.Tests.Oracles;

/// <summary>What a merge wrote.</summary>
sealed record MergedFolder(IReadOnlyDictionary<string, StoredTensor> Tensors, JsonObject Config)
{
    /// <summary>A copy of the tensors that may be changed.</summary>
    public SortedDictionary<string, StoredTensor> Copy() => new(
        Tensors.ToDictionary(t => t.Key, t => t.Value), StringComparer.Ordinal);
}

/// <summary>Every golden case merged once, however many tests look at it: by the engine, and in binary64.</summary>
static class GoldenMerges
{
    static readonly ConcurrentDictionary<string, Lazy<Task<MergedFolder>>> Folders = [];
    static readonly ConcurrentDictionary<string, Lazy<IReadOnlyDictionary<string, ExactTensor>>> Exact = [];

    /// <summary>The cases.</summary>
    public static GoldenManifest Manifest { get; } =
        GoldenManifest.Load(RepositoryFolder.Combine("tests", "golden", "mergekit"));

    /// <summary>The output folder of a case.</summary>
    public static Task<MergedFolder> FolderOf(GoldenCase golden) => Folders.GetOrAdd(
        golden.Name, _ => new(() => Merge(golden))).Value;

    /// <summary>The tensors of a case by the oracles, before they are rounded.</summary>
    public static Dictionary<string, ExactTensor> ExactOf(GoldenCase golden) => new(Exact.GetOrAdd(
        golden.Name, _ => new(() => GoldenOracle.Merge(Manifest, golden))).Value);

    static async Task<MergedFolder> Merge(GoldenCase golden)
    {
        using var output = new TempFolder();
        await Merger.MergeAsync(RecipeSource.Yaml(GoldenOracle.Recipe(Manifest, golden), golden.Name), output.Root,
            new MergeOptions { Threads = 2 });
        return new(SafetensorsFile.ReadFolder(output.Root),
            JsonNode.Parse(await File.ReadAllTextAsync(output["config.json"]))!.AsObject());
    }
}
