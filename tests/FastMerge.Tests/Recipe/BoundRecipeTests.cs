using FastMerge.Plan;
using FastMerge.Primitives;
using static FastMerge.Tests.Recipe.RecipeText;

namespace FastMerge.Tests.Recipe;

public class BoundRecipeTests
{
    const string Two = "models: [{model: a, parameters: {weight: 1}}, {model: b, parameters: {weight: 2}}]";

    static double[] Values(BoundRecipe bound, string name, params int[] present)
    {
        var values = ValuesFor(bound, present, "x.weight", "x.weight");
        return values[bound.Method.Signature.Parameters.Single(p => p.Name == name)];
    }

    [Theory]
    [InlineData("merge_method: tiez\nmodels: [{model: a}]",
        "r.yml:1:15: unknown merge_method 'tiez', nearest is 'ties'; accepted: arcee_fusion")]
    [InlineData("merge_method: ties\nbase_model: b\nmodels: [{model: a, parameters: {weigth: 1}}]",
        "r.yml:3:34: unknown key 'weigth' for method ties, nearest is 'weight'; accepted: weight, density")]
    [InlineData("merge_method: linear\nmodels: [{model: a, parameters: {weight: heavy}}]",
        "r.yml:2:42: 'weight' is 'heavy'; accepted: a number")]
    [InlineData("merge_method: linear\nmodels: [{model: a, parameters: {weight: .nan}}]",
        "r.yml:2:42: 'weight' is '.nan'; accepted: a finite number")]
    [InlineData("merge_method: linear\nmodels: [{model: a, parameters: {weight: }}]",
        "r.yml:2:42: 'weight' is empty; accepted: a number")]
    [InlineData("merge_method: linear\nmodels: [{model: a, parameters: {weight: [0, .inf]}}]",
        "r.yml:2:46: 'weight' is '.inf'; accepted: a finite number")]
    [InlineData("merge_method: linear\nmodels: [{model: a}]", "r.yml:2:10: parameter 'weight' is required and missing")]
    [InlineData("merge_method: linear\nmodels: [{model: a}]\nweight: 1",
        "r.yml:2:10: parameter 'weight' is required and missing; line 3 has it where it has no effect")]
    [InlineData("merge_method: linear\nparameters: {normalize: maybe, weight: 1}\nmodels: [{model: a}]",
        "r.yml:2:25: 'normalize' is 'maybe'; accepted: true or false")]
    [InlineData("merge_method: ties\nbase_model: b\nparameters: {weight: 1, density: 1.7}\nmodels: [{model: a}]",
        "r.yml:3:34: 'density' is '1.7'; accepted: a number from 0 to 1")]
    [InlineData("merge_method: slerp\nbase_model: b\nmodels: [{model: a}]",
        "r.yml:1:15: parameter 't' is required and missing")]
    [InlineData("merge_method: slerp\nbase_model: b\nparameters: {t: .5}\nmodels: [{model: a}, {model: b}]", "")]
    [InlineData("merge_method: slerp\nbase_model: c\nparameters: {t: .5}\n" + Two,
        "r.yml:1:15: method slerp takes exactly 1 model besides the base; the recipe lists 2")]
    [InlineData("merge_method: slerp\nparameters: {t: .5}\n" + Two, "r.yml:1:15: method slerp needs 'base_model'")]
    [InlineData("merge_method: ties\n" + Two, "r.yml:1:15: method ties needs 'base_model'")]
    [InlineData("merge_method: ties\nbase_model: a\nmodels: [{model: a}]",
        "r.yml:1:15: method ties takes at least 1 model besides the base; the recipe lists 0")]
    [InlineData("merge_method: model_stock\nbase_model: c\nmodels: [{model: a}]",
        "r.yml:1:15: method model_stock takes at least 2 models besides the base; the recipe lists 1")]
    [InlineData("merge_method: passthrough\n" + Two,
        "r.yml:1:15: method passthrough takes exactly 1 model; the recipe lists 2")]
    [InlineData("merge_method: passthrough\nbase_model: b\nmodels: [{model: a}]",
        "r.yml:1:15: method passthrough takes one model; 'base_model' must be absent or be that model")]
    [InlineData("merge_method: passthrough\nbase_model: a\nmodels: [{model: a}]", "")]
    [InlineData("merge_method: linear\nslices: [{sources: [{model: a, layer_range: [0, 1]}]}]",
        "r.yml:2:21: parameter 'weight' is required and missing")]
    [InlineData("merge_method: linear\nmodules: {decoder: {models: [{model: a}]}}",
        "r.yml:2:30: parameter 'weight' is required and missing")]
    [InlineData("merge_method: linear\ntokenizer_source: union\n" + Two,
        "r.yml:2:19: 'tokenizer' and 'tokenizer_source' are not supported yet")]
    [InlineData("merge_method: linear\ntokenizer: {source: base}\n" + Two,
        "r.yml:2:12: 'tokenizer' and 'tokenizer_source' are not supported yet")]
    [InlineData("merge_method: linear\nparameters: {weight: 1}\nmodels: [{model: a+lora}]", "")]
    public void Recipe_IsBoundOrRefusedWithOneLine(string text, string expected)
    {
        if (expected.Length == 0) Assert.Empty(Bind(text).Warnings);
        else Assert.StartsWith(expected, BindFailure(text), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("merge_method: linear\nparameters: {density: 0.5}\n" + Two,
        "'density' has no effect for method linear")]
    [InlineData("merge_method: linear\nparameters: {nuslerp_flatten: 1}\n" + Two,
        "'nuslerp_flatten' has no effect for method linear")]
    [InlineData("merge_method: linear\nmodels: [{model: a, parameters: {weight: 1, normalize: false}}]",
        "'normalize' has no effect under a model")]
    public void KnownParameterWithoutEffect_IsAWarning(string text, string expected)
    {
        var warning = Assert.Single(Bind(text).Warnings);
        Assert.Contains(expected, warning.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void UnknownParameter_IsAWarningIfLenient()
    {
        var bound = Bind("merge_method: linear\nparameters: {weigth: 1}\n" + Two, Strict with { Lenient = true });
        Assert.Contains("nearest is 'weight'", Assert.Single(bound.Warnings).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void ListedBase_IsNoModelOfTaskVectorMethods()
    {
        var bound = Bind("""
            merge_method: ties
            base_model: b/
            models: [{model: b}, {model: a, parameters: {weight: 1}}]
            """);
        Assert.Equal(["a"], bound.Models.Select(m => m.Model.ToString()));
        Assert.True(bound.ReadsBase);
    }

    [Fact]
    public void Linear_MergesTheBaseOnlyIfListed()
    {
        var listed = Bind("merge_method: linear\nbase_model: a\n" + Two);
        Assert.Equal(["a", "b"], listed.Models.Select(m => m.Model.ToString()));
        Assert.False(listed.ReadsBase);
        var unlisted = Bind("merge_method: linear\nbase_model: c\n" + Two);
        Assert.Equal(["a", "b"], unlisted.Models.Select(m => m.Model.ToString()));
    }

    [Fact]
    public void ModelsParameter_OverridesTheRecipes()
    {
        var bound = Bind("""
            merge_method: dare_ties
            base_model: c
            parameters: {weight: 0.5, lambda: 2, normalize: yes}
            models: [{model: a, parameters: {weight: 3}}, {model: b}]
            """);
        Assert.False(bound.VariesByTensor);
        Assert.Equal([3, 0.5], Values(bound, "weight", 0, 1));
        Assert.Equal([0.5], Values(bound, "weight", 1));
        Assert.Equal([1, 1], Values(bound, "density", 0, 1));
        Assert.Equal([2], Values(bound, "lambda", 0, 1));
        var switches = ValuesFor(bound, [0], "x", "x").Switches.On.Select(s => s.Name).Order();
        Assert.Equal(["normalize", "rescale"], switches);
    }

    [Fact]
    public void OptionalParameter_IsASwitchIfSet()
    {
        var scaled = Bind("merge_method: passthrough\nmodels: [{model: a, parameters: {scale: 0.5}}]");
        Assert.Equal(["scale"], ValuesFor(scaled, [0], "x", "x").Switches.On.Select(s => s.Name));
        var plain = Bind("merge_method: passthrough\nmodels: [{model: a}]");
        Assert.Empty(ValuesFor(plain, [0], "x", "x").Switches.On);
    }

    [Fact]
    public void FilterWithoutAMatch_FailsForThatTensor()
    {
        var bound = Bind("merge_method: linear\nmodels: [{model: a, parameters: {weight: {filter: mlp, value: 1}}}]");
        Assert.True(bound.VariesByTensor);
        Assert.Equal([1], ValuesFor(bound, [0], "a.mlp", "out")[Parameter("linear", "weight")]);
        Assert.Contains("'weight' is required and missing",
            Failure(() => ValuesFor(bound, [0], "a.attn", "a.mlp")), StringComparison.Ordinal);
    }

    static Parameter Parameter(string method, string name) =>
        MethodCatalog.Find(method)!.Signature.Parameters.Single(p => p.Name == name);
}
