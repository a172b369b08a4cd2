using FastMerge.Checkpoint;
using FastMerge.Plan;
using FastMerge.Recipe;
using FastMerge.Testing.Checkpoints;
using FastMerge.Testing.Golden;
using FastMerge.Testing.Oracles;

namespace FastMerge.Tests.Oracles;

/// <summary>A merged tensor that is not rounded yet.</summary>
sealed record ExactTensor(string DType, long[] Shape, double[] Elements);

/// <summary>Golden cases recomputed in binary64: recipe, plan and oracles, without the engine.</summary>
static class GoldenOracle
{
    /// <summary>The tensors of a case, before they are rounded.</summary>
    public static Dictionary<string, ExactTensor> Merge(GoldenManifest manifest, GoldenCase golden)
    {
        var plan = MergePlanner.Create(
            RecipeReader.ParseDocuments(Recipe(manifest, golden), golden.Name, new()), new(), new(Strict: false),
            FileStorage.Instance);
        var files = new Dictionary<string, IReadOnlyDictionary<string, StoredTensor>>();
        return plan.Tensors.ToDictionary(t => t.Output.Name, Merge);

        ExactTensor Merge(PlannedTensor tensor)
        {
            long[] shape = [.. tensor.Output.Shape];
            double[][] models = [.. tensor.Models.Select(m => Read(m, tensor.Output.ElementCount))];
            var elements = tensor.Work is not { } work ? models[0] : MergeOracles.ByName[tensor.Method](
                tensor.Base is { } source ? Read(source, tensor.Output.ElementCount) : models[0], models,
                OracleArguments.Parameters(work.Values, MethodCatalog.Find(tensor.Method)!) with
                {
                    HasBase = tensor.Base is not null, RowLength = shape.Length > 1 ? (int)shape[^1] : 0,
                });
            return new(tensor.Output.DType.ToString(), shape, elements);
        }

        double[] Read(TensorSource source, long count)
        {
            var path = ((StoredSource)source).Tensor.Shard.Path;
            if (!files.TryGetValue(path, out var file)) files[path] = file = SafetensorsFile.Read(path);
            var tensor = file[source.Spec.Name];
            return [.. Enumerable.Range(0, (int)count).Select(i => StoredValues.Decode(tensor.DType, tensor.Data, i))];
        }
    }

    /// <summary>The recipe of a case, with inputs where they are.</summary>
    public static string Recipe(GoldenManifest manifest, GoldenCase golden) =>
        File.ReadAllText(Path.Combine(manifest.CaseFolder(golden), "config.yml"))
            .Replace("inputs/", manifest.Folder + "/inputs/", StringComparison.Ordinal);
}
