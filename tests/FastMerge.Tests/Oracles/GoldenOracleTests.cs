using FastMerge.Checkpoint;
using FastMerge.Plan;
using FastMerge.Primitives;
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
        var text = File.ReadAllText(Path.Combine(Folder, golden.Name, "config.yml"))
            .Replace("inputs/", Folder + "/inputs/", StringComparison.Ordinal);
        var recipe = RecipeReader.ParseDocuments(text, golden.Name, new());
        var merged = Merge(MergePlanner.Create(recipe, new(), new(Strict: false), FileStorage.Instance));
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

    static SortedDictionary<string, StoredTensor> Merge(PlannedMerge plan)
    {
        var merged = new SortedDictionary<string, StoredTensor>(StringComparer.Ordinal);
        var files = new Dictionary<string, IReadOnlyDictionary<string, StoredTensor>>();
        foreach (var tensor in plan.Tensors)
        {
            StoredTensor[] models = [.. tensor.Models.Select(Read)];
            var count = (int)tensor.Output.ElementCount;
            long[] shape = [.. tensor.Output.Shape];
            var result = tensor.Work is not { } work ? Doubles(models[0], count)
                : MergeOracles.ByName[tensor.Method](
                    Doubles(tensor.Base is { } b ? Read(b) : models[0], count),
                    [.. models.Select(m => Doubles(m, count))], Parameters(work.Values, tensor.Method, shape));
            merged[tensor.Output.Name] = StoredTensor.Of(
                tensor.Output.Name, tensor.Output.DType.ToString(), shape, [.. result.Select(e => (float)e)]);
        }
        return merged;

        StoredTensor Read(TensorSource source)
        {
            var path = ((StoredSource)source).Tensor.Shard.Path;
            if (!files.TryGetValue(path, out var file)) files[path] = file = SafetensorsFile.Read(path);
            return file[source.Spec.Name];
        }
    }

    static double[] Doubles(StoredTensor tensor, int count) =>
        [.. Enumerable.Range(0, count).Select(i => StoredValues.Decode(tensor.DType, tensor.Data, i))];

    static OracleParameters Parameters(ParameterValues values, string method, long[] shape)
    {
        double[] Of(string name) => Find(method, name) is { } parameter and not Flag ? values[parameter] : [];
        bool Is(string name) => Find(method, name) is { } flag && values.Switches.IsOn(flag);
        return new()
        {
            Weight = Of("weight"), Density = Of("density"), Gamma = Of("gamma"),
            Lambda = Of("lambda") is [var lambda] ? lambda : 1,
            T = Of("t") is [var t] ? t : 0,
            Scale = Is("scale") ? Of("scale")[0] : null,
            Normalize = Is("normalize"), Rescale = Is("rescale"), FilterWise = Is("filter_wise"),
            RowLength = shape.Length > 1 ? (int)shape[^1] : 0,
        };
    }

    static Parameter? Find(string method, string name) =>
        MethodCatalog.Find(method)!.Signature.Parameters.FirstOrDefault(p => p.Name == name);
}
