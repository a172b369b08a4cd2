using FastMerge.Core;

namespace FastMerge.Tests.Plan;

/// <summary>Heads that are tied in some models, and tensors that models may lack.</summary>
public sealed class HeadAndOptionalTests : IDisposable
{
    const string Buffer = "model.layers.0.self_attn.rotary_emb.inv_freq";

    readonly TinyModels _models = new TinyModels().Llama("a", 1, 1).Llama("tied", 2, 1, tied: true)
        .Llama("more", 3, 1, more: (Buffer, 5)).Llama("most", 4, 1, more: (Buffer, 7));

    public void Dispose() => _models.Dispose();

    static string Linear(params string[] models) => "merge_method: linear\nparameters: {weight: 1}\nmodels: ["
        + string.Join(", ", models.Select(m => $"{{model: ${m}}}")) + "]";

    [Fact]
    public async Task TiedDonor_IsUntied_IfTheOutputHasAHead()
    {
        var merged = await _models.MergeAsync(Linear("tied", "a"));
        Assert.Equal((301 + 102) / 2f, merged["lm_head.weight"]);
        Assert.False((bool)_models.Config()["tie_word_embeddings"]!);
        Assert.Contains(_models.Report!.Warnings, w => w.Contains("set to false", StringComparison.Ordinal));
    }

    [Fact]
    public async Task TiedModels_StayTied()
    {
        var merged = await _models.MergeAsync(Linear("tied"));
        Assert.DoesNotContain("lm_head.weight", merged.Keys);
        Assert.True((bool)_models.Config()["tie_word_embeddings"]!);
        Assert.Empty(_models.Report!.Warnings);
    }

    [Fact]
    public async Task LastSliceOfATiedModel_StillGivesAHead()
    {
        var merged = await _models.MergeAsync("""
            merge_method: passthrough
            slices:
            - sources: [{model: $a, layer_range: [0, 1]}]
            - sources: [{model: $tied, layer_range: [0, 1]}]
            """);
        Assert.Equal([102, 101], new[] { "lm_head.weight", "model.embed_tokens.weight" }.Select(n => merged[n]));
        Assert.False((bool)_models.Config()["tie_word_embeddings"]!);
    }

    [Fact]
    public async Task FirstSliceOfATiedModel_TakesTheHeadOfTheLast()
    {
        var merged = await _models.MergeAsync("""
            merge_method: passthrough
            slices:
            - sources: [{model: $tied, layer_range: [0, 1]}]
            - sources: [{model: $a, layer_range: [0, 1]}]
            """);
        Assert.Equal([301, 102], new[] { "lm_head.weight", "model.embed_tokens.weight" }.Select(n => merged[n]));
        Assert.False((bool)_models.Config()["tie_word_embeddings"]!);
    }

    [Fact]
    public async Task OptionalTensor_IsMergedFromThoseThatHaveIt()
    {
        var merged = await _models.MergeAsync(Linear("more", "a", "most"));
        Assert.Equal(6, merged[Buffer]);
        Assert.Contains(_models.Report!.Warnings, w => w.Contains(
            $"1 tensor that models may lack, such as {Buffer}, is not in {_models["a"]}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task OptionalTensorOfTooFewModels_IsCopied()
    {
        const string Text = """
            merge_method: slerp
            base_model: $BASE
            parameters: {t: 0.5}
            models: [{model: $more}, {model: $a}]
            """;
        Assert.Equal(5, (await _models.MergeAsync(Text.Replace("BASE", "a", StringComparison.Ordinal)))[Buffer]);
        Assert.Equal(5, (await _models.MergeAsync(Text.Replace("BASE", "more", StringComparison.Ordinal)))[Buffer]);
        Assert.Contains(
            _models.Report!.Warnings, w => w.Contains("in too few models for slerp", StringComparison.Ordinal));
    }

    [Fact]
    public void OptionalTensorsOfTooFewModels_GetTheOutputsDType_AndOneWarning()
    {
        const string Second = "model.layers.1.self_attn.rotary_emb.inv_freq";
        _models.Llama("x", 1, 2).Llama("y", 2, 2, more: [(Buffer, 5), (Second, 6)]);
        var plan = _models.Plan("""
            merge_method: slerp
            base_model: $x
            parameters: {t: 0.5}
            models: [{model: $x}, {model: $y}]
            out_dtype: bfloat16
            """);
        Assert.All(plan.TensorPlans, t => Assert.Equal("BF16", t.DType));
        var taken = plan.TensorPlans.Where(t => t.Name is Buffer or Second).ToArray();
        Assert.Equal(2, taken.Length);
        Assert.All(taken, t => Assert.Equal(("slerp", 0, 1), (t.Method, t.Values.Count, t.Sources.Count)));
        Assert.Single(plan.Warnings, w => w.Contains(
            $"2 tensors, such as {Buffer}, are in too few models for slerp", StringComparison.Ordinal));
    }

    [Fact]
    public async Task TensorsThatOnlyTheMethodOfOtherTensorsReads_AreTaken()
    {
        const string Text = """
            merge_method: task_arithmetic
            base_model: $BASE
            parameters: {weight: 0.5}
            models: [{model: $a}]
            rules: [{tensors: RULE, merge_method: linear}]
            """;
        var text = Text.Replace("BASE", "more", StringComparison.Ordinal)
            .Replace("RULE", "inv_freq", StringComparison.Ordinal);
        Assert.Equal(5, (await _models.MergeAsync(text))[Buffer]);
        Assert.Contains(
            _models.Report!.Warnings, w => w.Contains("in too few models for linear", StringComparison.Ordinal));
        _models.Llama("odd", 1, 1, more: ("strange", 1));
        _models.Refuses(Text.Replace("BASE", "odd", StringComparison.Ordinal)
            .Replace("RULE", "strange", StringComparison.Ordinal), FailureKind.Plan,
            "tensor strange of $odd is missing in $a");
    }

    [Fact]
    public void OptionalTensorWithoutTheBase_IsRefused_IfSeveralModelsHaveIt() => _models.Refuses("""
        merge_method: ties
        base_model: $a
        parameters: {weight: 0.5}
        models: [{model: $more}, {model: $most}]
        """, FailureKind.Plan, $"tensor {Buffer} is not in the base, which ties needs, but in 2 models");
}
