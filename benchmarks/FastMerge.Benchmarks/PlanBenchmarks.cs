using BenchmarkDotNet.Attributes;
using FastMerge.Checkpoint;
using FastMerge.Plan;
using FastMerge.Recipe;
using FastMerge.Testing;

namespace FastMerge.Benchmarks;

/// <summary>A whole plan from headers alone: three models and a base of 100,000 tensors each.</summary>
public class PlanBenchmarks : IDisposable
{
    readonly TempFolder _folder = new();

    [Params("linear", "ties")]
    public string Recipe { get; set; } = "";

    [GlobalSetup]
    public void MakeModels()
    {
        foreach (var name in (string[])["base", "a", "b", "c"]) ManyTensors.Write(Path.Combine(_folder.Root, name));
    }

    [Benchmark]
    public int Plan()
    {
        var text = $$"""
            merge_method: {{Recipe}}
            base_model: {{_folder.Root}}/base
            parameters: {weight: 0.5}
            models:
              - model: {{_folder.Root}}/a
              - model: {{_folder.Root}}/b
              - model: {{_folder.Root}}/c
            """;
        var recipe = RecipeReader.ParseDocuments(text, "recipe.yml", new());
        return MergePlanner.Create(recipe, new(), new(Strict: false), FileStorage.Instance).Tensors.Count;
    }

    [GlobalCleanup]
    public void Dispose() => _folder.Dispose();
}
