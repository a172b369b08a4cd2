using System.Text.Json.Nodes;
using FastMerge.Plan;
using FastMerge.Recipe;

namespace FastMerge.Tests.Recipe;

public class SchemaTests
{
    static readonly JsonObject Schema = JsonNode.Parse(RecipeTools.Schema())!.AsObject();

    static readonly SchemaCheck Check = new(Schema);

    public static TheoryData<string> Cases() =>
        [.. RecipeSamples.Golden.Keys, .. RecipeSamples.Examples.Keys];

    public static TheoryData<string> Slips() => MutationTests.Cases();

    static string Sample(string name) =>
        RecipeSamples.Golden.TryGetValue(name, out var text) ? text : RecipeSamples.Examples[name];

    static bool IsValid(string text) =>
        YamlTreeReader.Read(text, "r.yml").All(d => Check.IsValid(SchemaCheck.ToJson(d)));

    [Theory]
    [MemberData(nameof(Cases))]
    public void Recipe_IsValid(string name)
    {
        Assert.True(IsValid(Sample(name)));
    }

    [Theory]
    [MemberData(nameof(Slips))]
    public void Slip_IsInvalid(string name)
    {
        foreach (var m in Mutation.Of(Sample(name)))
        {
            if (m.Kind is WordKind.Model or WordKind.Filter || m.Changed == "9") continue;
            var fails = RecipeTools.Check(RecipeSource.Yaml(m.Text, "r.yml")).Failures.Count > 0;
            if (fails) Assert.False(IsValid(m.Text), $"{m.Kind} {m.Word} as {m.Changed} at {m.Span}");
        }
    }

    [Theory]
    [InlineData("models: [{model: a, parameters: {weight: 1}}]", true)]
    [InlineData("models: [{model: a, parameters: {weight: '0.5'}}]", true)]
    [InlineData("models: [{model: a, parameters: {weight: [0, 1e-5]}}]", true)]
    [InlineData("models: [{model: a, parameters: {weight: {filter: mlp, value: [0, 1]}}}]", true)]
    [InlineData("models: [{model: a, parameters: {weight: [{filter: {class: norm}, value: 1}, {value: 0}]}}]", true)]
    [InlineData("models: [{model: {model: {path: a, revision: b}, lora: c}}]", true)]
    [InlineData("models: [{model: a, parameters: {density: 1.5}}]", false)]
    [InlineData("models: [{model: a, parameters: {density: heavy}}]", false)]
    [InlineData("models: [{model: a, parameters: {density: []}}]", false)]
    [InlineData("models: [{model: a, parameters: {normalize: true}}]", false)]
    [InlineData("models: [{model: a}]\nparameters: {normalize: maybe}", false)]
    [InlineData("models: [{model: a}]\nparameters: {normalize: yes}", true)]
    [InlineData("models: [{model: a}]\nslices: [{sources: [{model: a, layer_range: [0, 1]}]}]", false)]
    [InlineData("slices: [{sources: [{model: a, layer_range: [0, 1], parameters: {density: 0.1}}]}]", true)]
    [InlineData("slices: [{sources: [{model: a, layer_range: [0, 1], parameters: {density: 7}}]}]", false)]
    [InlineData("slices: [{sources: [{model: a, layer_range: [0]}]}]", false)]
    [InlineData("modules: {text: {models: [{model: a}], parameters: {density: 2}}}", false)]
    [InlineData("models: [{model: a}]\nrules: [{tensors: {class: norm, layers: '0-3,8'}, merge_method: linear}]", true)]
    [InlineData("models: [{model: a}]\nrules: [{tensors: {class: nrm}, merge_method: linear}]", false)]
    [InlineData("models: [{model: a}]\nrules: [{tensors: {}, merge_method: linear}]", false)]
    [InlineData("models: [{model: a}]\nrules: [{tensors: x, merge_method: ties, parameters: {density: 2}}]", false)]
    [InlineData("models: [{model: a}]\ndtype: torch.bfloat16", true)]
    [InlineData("models: [{model: a}]\ndtype: int9", false)]
    public void Value_IsCheckedByTheMethod(string rest, bool expected) =>
        Assert.Equal(expected, IsValid("merge_method: ties\nbase_model: b\n" + rest));

    [Theory]
    [InlineData("inner: ties, density: 0.5", true)]
    [InlineData("inner: ties, density: 1.5", false)]
    [InlineData("inner: slerp", false)]
    [InlineData("inner: [{filter: mlp, value: sce}, {value: ties}], density: 0.5", true)]
    [InlineData("inner: breadcrumbs, gamma: 2", false)]
    [InlineData("inner: ties, lambda: 2, tolerance: -1", false)]
    public void Value_IsCheckedByTheInnerMethod(string parameters, bool expected) => Assert.Equal(expected, IsValid(
        $"merge_method: knots\nbase_model: b\nmodels: [{{model: a}}]\nparameters: {{weight: 1, {parameters}}}"));

    [Fact]
    public void EveryMethodAndParameter_IsDescribed()
    {
        foreach (var method in MethodCatalog.All.Select(m => m.Signature))
        {
            var properties = Schema["$defs"]!["parameters_" + method.Name]!["properties"]!;
            foreach (var parameter in method.Parameters)
                Assert.Equal(parameter.Summary, (string?)properties[parameter.Name]!["description"]);
        }
        Assert.Contains("\"$schema\": \"https://json-schema.org/draft/2020-12/schema\"", RecipeTools.Schema());
    }
}
