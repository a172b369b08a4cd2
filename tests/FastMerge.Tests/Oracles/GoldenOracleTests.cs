using FastMerge.Testing.Checkpoints;
using FastMerge.Testing.Golden;

namespace FastMerge.Tests.Oracles;

/// <summary>
/// Recipe, binding and oracles against mergekit's outputs, without the engine: what an oracle says is what mergekit
/// does, but for the deviations that the manifest names.
/// </summary>
public class GoldenOracleTests
{
    static GoldenManifest Manifest => GoldenMerges.Manifest;

    public static TheoryData<GoldenCase> Cases() => [.. Manifest.Cases];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Oracle_AgreesWithMergekit(GoldenCase golden)
    {
        var merged = new SortedDictionary<string, StoredTensor>(GoldenMerges.ExactOf(golden).ToDictionary(
            t => t.Key, t => StoredTensor.Of(
                t.Key, t.Value.DType, t.Value.Shape, [.. t.Value.Elements.Select(e => (float)e)])),
            StringComparer.Ordinal);
        var expected = SafetensorsFile.ReadFolder(Manifest.CaseFolder(golden));
        var ambiguous = Path.Combine(Manifest.CaseFolder(golden), "ambiguous.safetensors");
        var mask = File.Exists(ambiguous) ? SafetensorsFile.Read(ambiguous) : null;
        var tolerance = Tolerance(golden);
        foreach (var name in golden.DeviatingTensors)
        {
            Assert.NotEmpty(GoldenJudge.Compare(tolerance, Only(expected, name), Only(merged, name)));
            expected.Remove(name);
            merged.Remove(name);
        }
        Assert.Empty(GoldenJudge.Compare(tolerance, expected, merged, mask));
    }

    // Sums that binary64 puts exactly between two BF16 values, binary32 puts to one side: more last bits differ.
    static GoldenTolerance Tolerance(GoldenCase golden) => golden.Tolerance is { Kind: "ulp" } ulp
        ? ulp with { MaxFraction = 0.02 } : golden.Tolerance;

    static Dictionary<string, StoredTensor> Only(IReadOnlyDictionary<string, StoredTensor> tensors, string name) =>
        new() { [name] = tensors[name] };
}
