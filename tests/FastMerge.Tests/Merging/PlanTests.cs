using FastMerge.Core;
using FastMerge.Testing;
using FastMerge.Testing.Checkpoints;

namespace FastMerge.Tests.Merging;

/// <summary>What is found from headers alone: how inputs fit together, and what the output will be.</summary>
public sealed class PlanTests : IDisposable
{
    readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void MissingTensor_NamesTensorAndModel()
    {
        Write("a", ("x", "BF16", [2, 3]), ("y", "BF16", [4]));
        Write("b", ("x", "BF16", [2, 3]));
        Fails(FailureKind.Plan, "tensor y", "missing in", "b");
    }

    [Fact]
    public void OtherShape_NamesBoth()
    {
        Write("a", ("x", "BF16", [2, 3]));
        Write("b", ("x", "BF16", [3, 2]));
        Fails(FailureKind.Plan, "tensor x", "[2, 3]", "[3, 2]");
    }

    [Fact]
    public void FloatAgainstInteger_IsRefused()
    {
        Write("a", ("x", "BF16", [2, 3]));
        Write("b", ("x", "I32", [2, 3]));
        Fails(FailureKind.Plan, "tensor x", "BF16", "I32");
    }

    [Fact]
    public void UncomputableDType_IsRefused_UnlessCopied()
    {
        Write("a", ("x", "F8_E8M0", [2, 4]));
        Write("b", ("x", "F8_E8M0", [2, 4]));
        Fails(FailureKind.Plan, "F8_E8M0", "accepted: F64");
        var plan = Merger.Plan(RecipeSource.Yaml($"merge_method: passthrough\nmodels: [{{model: {_folder.Root}/a}}]"));
        Assert.Equal("copy", plan.Groups.Single().Passes);
    }

    [Fact]
    public async Task VocabularyRows_AreCut_WithAWarning()
    {
        Write("a", ("model.embed_tokens.weight", "F32", [5, 2]), ("norm", "F32", [2]));
        Write("b", ("model.embed_tokens.weight", "F32", [7, 2]), ("norm", "F32", [2]));
        File.WriteAllText(_folder["a/config.json"], """{"vocab_size": 5, "torch_dtype": "float32"}""");
        var report = await Merger.MergeAsync(Linear(), _folder["out"]);
        Assert.Contains(report.Warnings, w => w.Contains("rows 5 to 6 are cut off", StringComparison.Ordinal));
        var merged = SafetensorsFile.ReadFolder(_folder["out"])["model.embed_tokens.weight"];
        Assert.Equal([5, 2], merged.Shape);
        Assert.Contains("\"vocab_size\": 5", File.ReadAllText(_folder["out/config.json"]), StringComparison.Ordinal);
        var refusal = Assert.Throws<FastMergeException>(() => Merger.Plan(Linear(), null, new() { Strict = true }));
        Assert.Equal(FailureKind.Plan, refusal.Kind);
    }

    [Fact]
    public async Task TiedHead_TakesTheEmbedding()
    {
        Write("a", ("lm_head.weight", "F32", [3, 2]), ("model.embed_tokens.weight", "F32", [3, 2]));
        Write("b", ("model.embed_tokens.weight", "F32", [3, 2]));
        var report = await Merger.MergeAsync(Linear(), _folder["out"]);
        Assert.Contains(report.Warnings, w => w.Contains("stands in", StringComparison.Ordinal));
        var (a, b) = (SafetensorsFile.ReadFolder(_folder["a"]), SafetensorsFile.ReadFolder(_folder["b"]));
        var (head, embedding) = (a["lm_head.weight"].ToFloats(), b["model.embed_tokens.weight"].ToFloats());
        var merged = SafetensorsFile.ReadFolder(_folder["out"])["lm_head.weight"].ToFloats();
        Assert.Equal(head.Zip(embedding, (x, y) => 0.5f * x + 0.5f * y), merged);
    }

    [Fact]
    public void OutputDTypes_FollowTheRecipe_ElseTheDonor()
    {
        Write("a", ("x", "BF16", [2, 3]), ("y", "F32", [4]));
        Write("b", ("x", "F32", [2, 3]), ("y", "F16", [4]));
        Assert.Equal(12 + 16, Merger.Plan(Linear()).OutputBytes);
        Assert.Equal(24 + 16, Merger.Plan(Linear("dtype: float32")).OutputBytes);
        Assert.Equal(12 + 8, Merger.Plan(Linear("dtype: float32\nout_dtype: float16")).OutputBytes);
    }

    [Fact]
    public void ManyTensors_ArePlannedOnce()
    {
        (string, string, long[])[] tensors =
            [.. Enumerable.Range(0, 2000).Select(i => ($"layers.{i}.w", "BF16", new long[] { 2, 2 }))];
        Write("a", tensors);
        Write("b", tensors);
        var plan = Merger.Plan(Linear());
        Assert.Equal(2000, plan.Tensors);
        Assert.Equal("layers.0.w", Assert.Single(plan.Groups).Example);
        Assert.Equal(2 * 2000 * 8, plan.InputBytes);
    }

    void Write(string model, params (string Name, string DType, long[] Shape)[] tensors)
    {
        var random = new Random(model[0]);
        SafetensorsFile.Write(_folder[$"{model}/model.safetensors"], tensors.Select(t =>
        {
            if (t.DType is "F32" or "BF16" or "F16")
            {
                var values = new float[t.Shape.Aggregate(1L, (product, d) => product * d)];
                for (var i = 0; i < values.Length; i++) values[i] = (float)random.NextDouble();
                return StoredTensor.Of(t.Name, t.DType, t.Shape, values);
            }
            var bytes = t.Shape.Aggregate(t.DType == "I32" ? 4L : 1L, (product, d) => product * d);
            return new StoredTensor(t.Name, t.DType, t.Shape, new byte[bytes]);
        }));
    }

    RecipeSource Linear(string more = "") => RecipeSource.Yaml($$"""
        merge_method: linear
        models:
        - model: {{_folder.Root}}/a
          parameters: {weight: 1}
        - model: {{_folder.Root}}/b
          parameters: {weight: 1}
        {{more}}
        """);

    void Fails(FailureKind kind, params string[] words)
    {
        var failure = Assert.Throws<FastMergeException>(() => Merger.Plan(Linear()));
        Assert.Equal(kind, failure.Kind);
        Assert.All(words, word => Assert.Contains(word, failure.Message, StringComparison.Ordinal));
        Assert.DoesNotContain('\n', failure.Message);
    }
}
