using FastMerge.Checkpoint;
using FastMerge.Core;

namespace FastMerge.Tests.Plan;

/// <summary>Methods by tensor, and parts of a model that are merged each in its own way.</summary>
public sealed class RuleAndModuleTests : IDisposable
{
    const string Rules = """
        merge_method: slerp
        base_model: $a
        parameters: {t: 1}
        models: [{model: $a}, {model: $b}]
        rules:
        - {tensors: {class: norm}, merge_method: linear, parameters: {weight: 1}}
        - {tensors: {class: final_norm}, merge_method: task_arithmetic, parameters: {weight: 0.25}}
        """;

    readonly TinyModels _models = new TinyModels().Llama("a", 1, 2).Llama("b", 2, 2)
        .TwoStacks("c", 1, 2, 2).TwoStacks("d", 2, 2, 3);

    public void Dispose() => _models.Dispose();

    [Fact]
    public async Task FirstRuleThatTakesATensor_GivesItsMethod()
    {
        var merged = await _models.MergeAsync(Rules);
        Assert.Equal(1.5f, merged["model.layers.0.input_layernorm.weight"]);
        Assert.Equal(201.25f, merged["model.norm.weight"]);
        Assert.Equal(12, merged["model.layers.1.mlp.up_proj.weight"]);
        var plans = _models.Plan(Rules).TensorPlans.ToDictionary(t => t.Name);
        Assert.Equal("linear", plans["model.layers.1.input_layernorm.weight"].Method);
        Assert.Equal("task_arithmetic", plans["model.norm.weight"].Method);
        Assert.Equal("slerp", plans["lm_head.weight"].Method);
        Assert.Equal(2, plans["model.norm.weight"].Sources.Count);
        Assert.True(plans["model.norm.weight"].Sources[0].IsBase);
    }

    [Fact]
    public void Rules_ArePartOfThePlansHash()
    {
        UInt128 Hash(string text) =>
            MergeSession.Open(_models.Recipe(text), new(), FileStorage.Instance).PlanHash();
        var changed = Rules.Replace("weight: 0.25", "weight: 0.5", StringComparison.Ordinal);
        var other = Rules.Replace("task_arithmetic", "ties", StringComparison.Ordinal);
        Assert.Equal(Hash(Rules), Hash(Rules));
        Assert.Equal(3, new[] { Hash(Rules), Hash(changed), Hash(other) }.Distinct().Count());
    }

    [Theory]
    [InlineData("class: norm}, merge_method: linear", "class: norm}, merge_method: linaer",
        "r.yml:6:42: unknown merge_method 'linaer', nearest is 'linear'")]
    [InlineData("class: norm}, merge_method: linear", "class: norm}, merge_method: model_stock",
        "r.yml:6:42: method model_stock of this rule takes at least 2 models besides the base; the recipe lists 1")]
    [InlineData("parameters: {weight: 1}", "parameters: {wieght: 1}",
        "r.yml:6:63: unknown key 'wieght' for method linear, nearest is 'weight'")]
    [InlineData("parameters: {weight: 1}", "parameters: {weight: a}",
        "r.yml:6:71: 'weight' is 'a'; accepted: a number")]
    [InlineData(", parameters: {weight: 1}", "", "parameter 'weight' is required and missing")]
    [InlineData("base_model: $a", "dtype: float32", "method slerp needs 'base_model'")]
    public void FaultOfARule_PointsAtIt(string text, string fault, string expected) =>
        _models.Refuses(Rules.Replace(text, fault, StringComparison.Ordinal), FailureKind.Recipe, expected);

    [Fact]
    public async Task Modules_AreMergedEachByItsModels()
    {
        var merged = await _models.MergeAsync("""
            merge_method: passthrough
            modules:
              encoder: {models: [{model: $c}]}
              decoder:
                slices:
                - sources: [{model: $d, layer_range: [1, 3]}]
                - sources: [{model: $c, layer_range: [0, 2]}]
            """);
        Assert.Equal([12, 22, 1, 11, 1, 11], merged.Values);
        Assert.Equal("decoder.layers.3.w", merged.Keys.ElementAt(3));
    }

    [Fact]
    public void ModulesOfModels_AreKnown()
    {
        const string Text = "merge_method: passthrough\nmodules: {encodr: {models: [{model: $c}]}}";
        _models.Refuses(Text, FailureKind.Recipe, "r.yml:2:11: the models have no module 'encodr', nearest is "
            + "'encoder'; accepted: decoder, encoder");
        var plan = _models.Plan(Text.Replace("encodr", "encoder", StringComparison.Ordinal));
        Assert.Equal(2, plan.Tensors);
        Assert.Contains(plan.Warnings,
            w => w.Contains("module decoder of the models is not in the recipe", StringComparison.Ordinal));
        _models.Refuses("merge_method: passthrough\nslices: [{sources: [{model: $c, layer_range: [0, 1]}]}]",
            FailureKind.Recipe, "accepted: 'modules' with 'slices' under decoder, encoder");
        _models.Refuses("merge_method: passthrough\nmodules: {encoder: {models: [{model: $a}]}}",
            FailureKind.Recipe, "the models have no module 'encoder'; accepted: default");
    }

    [Fact]
    public async Task Models_AreForAllModules_WithPositionsInEach()
    {
        var merged = await _models.MergeAsync("""
            merge_method: linear
            parameters: {weight: [1, 3], normalize: false}
            models: [{model: $d}]
            """);
        Assert.Equal([2, 24, 66, 2, 36], merged.Values);
    }
}
