using FastMerge.Plan;
using FastMerge.Recipe;
using FastMerge.Testing;
using FastMerge.Testing.Checkpoints;
using FastMerge.Testing.Golden;
using FastMerge.Testing.Oracles;

namespace FastMerge.Tests.Oracles;

/// <summary>
/// Recipe, binding and oracles against mergekit's outputs, without the engine: what an oracle says is what mergekit
/// does, but for the deviations that the manifest names.
/// </summary>
public class GoldenOracleTests
{
    static readonly string Folder = RepositoryFolder.Combine("tests", "golden", "mergekit");

    static GoldenManifest Manifest { get; } = GoldenManifest.Load(Folder);

    public static TheoryData<GoldenCase> Cases() => [.. Manifest.Cases];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Oracle_AgreesWithMergekit(GoldenCase golden)
    {
        var merged = Merge(BoundRecipe.Bind(
            RecipeReader.ReadFile(Path.Combine(Folder, golden.Name, "config.yml"), new()), new()));
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

    static SortedDictionary<string, StoredTensor> Merge(BoundRecipe bound)
    {
        var models = bound.Models.Select(m => Read(m.Model)).ToArray();
        var baseTensors = bound.ReadsBase ? Read(bound.Recipe.Base!) : null;
        var merged = new SortedDictionary<string, StoredTensor>(StringComparer.Ordinal);
        foreach (var (name, first) in baseTensors ?? models[0])
        {
            StoredTensor[] all = [.. models.Select(m => m[name])];
            var count = (int)all.Append(first).Min(t => t.Count);
            var values = bound.ValuesFor([.. all.Index().Select(i => i.Index)], [.. all.Select(_ => name)], name, 0);
            var result = MergeOracles.ByName[bound.Method.Signature.Name](
                Doubles(first, count), [.. all.Select(t => Doubles(t, count))],
                OracleArguments.Parameters(values, bound.Method) with
                {
                    HasBase = bound.ReadsBase, RowLength = first.Shape.Length > 1 ? (int)first.Shape[^1] : 0,
                });
            var dtype = (bound.Recipe.OutDType ?? bound.Recipe.DType)?.Value.ToString() ?? first.DType;
            // A smaller vocabulary has fewer rows; rows come first in storage.
            long[] shape = first.Shape is [_, var width] ? [count / width, width] : first.Shape;
            merged[name] = StoredTensor.Of(name, dtype, shape, [.. result.Select(e => (float)e)]);
        }
        return merged;
    }

    static SortedDictionary<string, StoredTensor> Read(ModelReference model) =>
        SafetensorsFile.ReadFolder(Path.Combine(Folder, model.ModelPath));

    static double[] Doubles(StoredTensor tensor, int count) =>
        [.. Enumerable.Range(0, count).Select(i => StoredValues.Decode(tensor.DType, tensor.Data, i))];
}
