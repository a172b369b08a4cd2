using FastMerge.Core;

namespace FastMerge.Tests.Plan;

/// <summary>Layers of the output from layers of models: which tensor comes from where, and with which values.</summary>
public sealed class SliceTests : IDisposable
{
    const string Norm = "input_layernorm.weight";

    readonly TinyModels _models = new TinyModels().Llama("a", 1, 3).Llama("b", 2, 4);

    public void Dispose() => _models.Dispose();

    static IEnumerable<float> Layers(SortedDictionary<string, float> merged) =>
        [.. Enumerable.Range(0, 99).Select(i => $"model.layers.{i}.{Norm}").TakeWhile(merged.ContainsKey)
            .Select(n => merged[n])];

    [Fact]
    public async Task Layers_AreNumberedThroughTheSlices()
    {
        var merged = await _models.MergeAsync("""
            merge_method: passthrough
            slices:
            - sources: [{model: $a, layer_range: [0, 2]}]
            - sources: [{model: $b, layer_range: [1, 4]}]
            - sources: [{model: $a, layer_range: [1, 2]}]
            """);
        Assert.Equal([1, 11, 12, 22, 32, 11], Layers(merged));
        Assert.Equal(101, merged["model.embed_tokens.weight"]);
        Assert.Equal(201, merged["model.norm.weight"]);
        Assert.Equal(301, merged["lm_head.weight"]);
        Assert.Equal(6 * 2 + 3, merged.Count);
        Assert.Equal(6, (int)_models.Config()["num_hidden_layers"]!);
    }

    [Fact]
    public async Task EmptySlice_ChoosesHeadAndEmbedding()
    {
        var merged = await _models.MergeAsync("""
            merge_method: passthrough
            slices:
            - sources: [{model: $b, layer_range: [0, 0]}]
            - sources: [{model: $a, layer_range: [0, 2]}]
            - sources: [{model: $b, layer_range: [4, 4]}]
            """);
        Assert.Equal([1, 11], Layers(merged));
        Assert.Equal([302, 102, 202],
            new[] { "lm_head.weight", "model.embed_tokens.weight", "model.norm.weight" }.Select(n => merged[n]));
    }

    [Theory]
    [InlineData("[0, 4]", "r.yml:5:18: layer_range [0, 4] goes beyond $a, which has 3 layers; "
        + "accepted: ranges within [0, 3]")]
    [InlineData("[9, 9]", "layer_range [9, 9] goes beyond $a, which has 3 layers")]
    public void RangeBeyondTheModel_IsRefused(string range, string expected) => _models.Refuses($$"""
        merge_method: passthrough
        slices:
        - sources:
          - model: $a
            layer_range: {{range}}
        """, FailureKind.Recipe, expected);

    [Fact]
    public void UnequalLengths_AreRefused() => _models.Refuses("""
        merge_method: linear
        parameters: {weight: 1}
        slices:
        - sources:
          - {model: $a, layer_range: [0, 2]}
          - model: $b
            layer_range: [1, 4]
        """, FailureKind.Recipe, "r.yml:7:18: layer_range [1, 4] has 3 layers, [0, 2] of the slice's first source, "
        + "at line 5, has 2");

    /// <summary>Of two ranges of unequal length the one that its model cannot give is the wrong one.</summary>
    [Fact]
    public void UnequalLengths_StandAtTheRangeBeyondItsModel() => _models.Refuses("""
        merge_method: linear
        parameters: {weight: 1}
        slices:
        - sources:
          - model: $a
            layer_range: [0, 9]
          - {model: $b, layer_range: [0, 2]}
        """, FailureKind.Recipe, "r.yml:6:18: layer_range [0, 9] goes beyond $a, which has 3 layers");

    [Fact]
    public async Task SameModelTwice_IsTwoInputs()
    {
        var merged = await _models.MergeAsync("""
            merge_method: linear
            slices:
            - sources:
              - {model: $a, layer_range: [0, 2], parameters: {weight: 1}}
              - {model: $a, layer_range: [1, 3], parameters: {weight: 3}}
            """);
        Assert.Equal([(1 + 3 * 11) / 4f, (11 + 3 * 21) / 4f], Layers(merged));
    }

    [Fact]
    public async Task BaseOfASlice_IsItsSource()
    {
        const string Text = """
            merge_method: task_arithmetic
            base_model: $a
            parameters: {weight: 0.5}
            slices:
            - sources: [{model: $a, layer_range: [1, 3]}, {model: $b, layer_range: [0, 2]}]
            - sources: [{model: $b, layer_range: [3, 4]}, {model: $a, layer_range: [0, 1]}]
              base_model: $b
            """;
        var merged = await _models.MergeAsync(Text);
        Assert.Equal([6.5f, 16.5f, 32 + 0.5f * (1 - 32)], Layers(merged));
        _models.Refuses(Text.Replace("{model: $b, layer_range: [3, 4]}, ", "", StringComparison.Ordinal),
            FailureKind.Recipe, "r.yml:6:3: method task_arithmetic needs the base '$b' among the sources of the slice; "
            + "accepted: a source of that model with its own layer_range");
    }

    [Fact]
    public async Task Slerp_TakesTheSliceSourceThatIsTheBase()
    {
        var merged = await _models.MergeAsync("""
            merge_method: slerp
            base_model: $b
            parameters: {t: [0, 1]}
            slices:
            - sources: [{model: $a, layer_range: [0, 2]}, {model: $b, layer_range: [1, 3]}]
            """);
        Assert.Equal([12, 11], Layers(merged));
        Assert.Equal(102, merged["model.embed_tokens.weight"]);
    }

    [Fact]
    public async Task Gradient_RunsOverTheSlice_OutsideLayersItIsTheFirstValue()
    {
        var merged = await _models.MergeAsync("""
            merge_method: linear
            parameters: {normalize: false}
            slices:
            - sources: [{model: $a, layer_range: [0, 3], parameters: {weight: [2, 4]}}]
            - sources: [{model: $b, layer_range: [1, 2], parameters: {weight: [2, 4]}}]
            """);
        Assert.Equal([2, 33, 84, 48], Layers(merged));
        Assert.Equal([202, 604],
            new[] { "model.embed_tokens.weight", "lm_head.weight" }.Select(n => merged[n]));
    }

    [Fact]
    public async Task Filters_MatchInputNamesForAModelsValues_OutputNamesForAllOthers()
    {
        var merged = await _models.MergeAsync("""
            merge_method: linear
            parameters:
              normalize: [{filter: layers.0., value: true}, {value: false}]
            slices:
            - sources:
              - model: $a
                layer_range: [1, 3]
                parameters: {weight: [{filter: layers.1., value: 7}, {value: 2}]}
              - {model: $b, layer_range: [0, 2], parameters: {weight: 1}}
            """);
        Assert.Equal([(7 * 11 + 2) / 8f, 2 * 21 + 12], Layers(merged));
    }

    [Theory]
    [InlineData("", "", "", 5)]
    [InlineData("", "", "parameters: {weight: 4}", 4)]
    [InlineData("", "parameters: {weight: 3}", "parameters: {weight: 4}", 3)]
    [InlineData(", parameters: {weight: 2}", "parameters: {weight: 3}", "parameters: {weight: 4}", 2)]
    [InlineData(", parameters: {weight: {filter: up_proj, value: 2}}", "parameters: {weight: 3}",
        "parameters: {weight: 4}", 3)]
    [InlineData(", parameters: {weight: {filter: up_proj, value: 2}}",
        "parameters: {weight: {filter: up_proj, value: 3}}", "parameters: {weight: {filter: up_proj, value: 4}}", 5)]
    public async Task NearestLevelThatDecides_Decides(string source, string slice, string module, float expected)
    {
        var merged = await _models.MergeAsync($$"""
            merge_method: linear
            parameters: {weight: 5, normalize: false}
            modules:
              default:
                {{module}}
                slices:
                - sources: [{model: $a, layer_range: [0, 1]{{source}}}]
                  {{slice}}
            """);
        Assert.Equal([expected], Layers(merged));
    }

    [Fact]
    public async Task RuleStandsBetweenSourceAndSlice()
    {
        const string Text = """
            merge_method: passthrough
            rules: [{tensors: {class: norm}, merge_method: linear, parameters: {weight: 2, normalize: false}}]
            slices:
            - sources: [{model: $a, layer_range: [0, 1]}]
              parameters: {weight: 3}
            """;
        var merged = await _models.MergeAsync(Text);
        Assert.Equal([2], Layers(merged));
        merged = await _models.MergeAsync(Text.Replace(
            "[0, 1]}", "[0, 1], parameters: {weight: 7}}", StringComparison.Ordinal));
        Assert.Equal([7], Layers(merged));
    }

    [Fact]
    public async Task LayersThatPredictFurtherTokens_FollowTheLastSlice()
    {
        _models.Llama("v3", 5, 2, family: "deepseek_v3",
            more: [("model.layers.2.eh_proj.weight", 7), ("model.layers.2.enorm.weight", 8)]);
        var merged = await _models.MergeAsync("""
            merge_method: passthrough
            slices:
            - sources: [{model: $v3, layer_range: [0, 2]}]
            - sources: [{model: $v3, layer_range: [0, 1]}]
            """);
        Assert.Equal([5, 15, 5], Layers(merged));
        Assert.Equal([7, 8], new[] { "eh_proj", "enorm" }.Select(n => merged[$"model.layers.3.{n}.weight"]));
        Assert.Equal(3, (int)_models.Config()["num_hidden_layers"]!);
        _models.Refuses("merge_method: passthrough\nslices: [{sources: [{model: $v3, layer_range: [0, 3]}]}]",
            FailureKind.Recipe, "which has 2 layers");
    }

    [Fact]
    public void UnknownDepths_OfWholeModels_AreRefused() => _models.Refuses("""
        merge_method: linear
        parameters: {weight: 1}
        models: [{model: $a}, {model: $b}]
        """, FailureKind.Plan, "of $b is missing in $a");
}
