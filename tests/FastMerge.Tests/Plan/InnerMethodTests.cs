using FastMerge.Plan;
using FastMerge.Primitives;
using FastMerge.Tests.Recipe;

namespace FastMerge.Tests.Plan;

/// <summary>Methods that are built around another one, whose name and parameters stand in the same recipe.</summary>
public class InnerMethodTests
{
    const string Head =
        "merge_method: knots\nbase_model: b\nmodels: [{model: c, parameters: {weight: 2}}, {model: a}]\n";

    static ParameterValues Values(string parameters, string tensor = "x.weight") =>
        RecipeText.ValuesFor(RecipeText.Bind(Head + "parameters: " + parameters), [0, 1], tensor, tensor);

    static double[] Number(ParameterValues values, string name) => values.All.Single(v => v.Key.Name == name).Value;

    [Fact]
    public void The_inner_methods_parameters_stand_beside_the_outer_ones()
    {
        var bound = RecipeText.Bind(Head + "parameters: {weight: 1, density: 0.3, normalize: no, lambda: 0.5}");
        Assert.Empty(bound.Warnings);
        var values = RecipeText.ValuesFor(bound, [0, 1], "x", "x");
        Assert.Equal("ties", values.Switches.Inner!.Name);
        Assert.Empty(values.Switches.Inner.Switches.On);
        Assert.Equal([2, 1], Number(values, "weight"));
        Assert.Equal([0.3, 0.3], Number(values, "density"));
        Assert.Equal([0.5], Number(values, "lambda"));
        Assert.Equal([1e-5], Number(values, "tolerance"));
    }

    [Fact]
    public void A_name_of_both_methods_is_the_outer_methods()
    {
        var inner = Values("{weight: 1, lambda: 0.5}").Switches.Inner!;
        var lambda = inner.Method.Signature.Parameters.Single(p => p.Name == "lambda");
        Assert.False(inner.Reads(lambda));
        var x = new MergeInputs(new(2, true, false), inner.Switches, inner);
        var symbol = x[(Global)lambda];
        Assert.Equal((ScalarKind.Constant, 1.0), (symbol.Kind, symbol.Value));
        Assert.Equal(ScalarKind.Parameter, x[CommonParameters.Weight].Kind);
    }

    [Fact]
    public void Switches_of_the_inner_method_are_part_of_what_makes_an_expression_its_own()
    {
        string[] texts =
        [
            Values("{weight: 1}").Switches.Text, Values("{weight: 1, normalize: no}").Switches.Text,
            Values("{weight: 1, inner: task_arithmetic}").Switches.Text,
            Values("{weight: 1, inner: dare_ties}").Switches.Text,
        ];
        Assert.Equal(4, texts.Distinct().Count());
        Assert.Contains("inner=ties(normalize)", texts[0], StringComparison.Ordinal);
    }

    [Fact]
    public void The_word_may_differ_from_tensor_to_tensor()
    {
        const string Words = "{weight: 1, gamma: 0.1, density: 0.5, "
            + "inner: [{filter: mlp, value: breadcrumbs}, {value: task_arithmetic}]}";
        Assert.Empty(RecipeText.Bind(Head + "parameters: " + Words).Warnings);
        Assert.Equal("breadcrumbs", Values(Words, "mlp.w").Switches.Inner!.Name);
        Assert.Equal("task_arithmetic", Values(Words, "attn.w").Switches.Inner!.Name);
    }

    [Theory]
    [InlineData("inner: tis", "r.yml:4:32: 'inner' is 'tis', nearest is 'ties'; accepted: assembly_of_experts, ")]
    [InlineData("inner: [ties, tis]", "r.yml:4:39: 'inner' is 'tis'")]
    [InlineData("inner: slerp", "'inner' is 'slerp', which takes the base for one of the models; accepted: ")]
    [InlineData("inner: passthrough", "'inner' is 'passthrough', which takes one model and no base; accepted: ")]
    [InlineData("inner: iso_c", "'inner' is 'iso_c', which computes with matrices itself; accepted: ")]
    [InlineData("inner: knots", "'inner' is 'knots', which is built around another method itself; accepted: ")]
    [InlineData("scope: model", "inner method ties with normalize scope=model ranks or adds up elements of the whole")]
    [InlineData("density: 1.7", "r.yml:4:34: 'density' is '1.7'; accepted: a number from 0 to 1")]
    [InlineData("normalize: maybe", "'normalize' is 'maybe'; accepted: true or false")]
    [InlineData("scope: row", "'scope' is 'row'; accepted: tensor, model")]
    [InlineData("denisty: 0.1", "unknown key 'denisty' for method knots with inner ties, nearest is 'density'")]
    [InlineData("inner: pcb", "parameter 'density' of inner method pcb is required and missing")]
    [InlineData("inner: della, density: 0.1, epsilon: 0.2",
        "inner method della: 'density' 0.1 with 'epsilon' 0.2 gives probabilities outside 0 to 1")]
    public void What_does_not_fit_is_refused_with_one_line(string parameters, string expected) => Assert.Contains(
        expected, RecipeText.BindFailure(Head + "parameters: {weight: 1, " + parameters + "}"),
        StringComparison.Ordinal);

    [Theory]
    [InlineData("merge_method: knots\nbase_model: b\nmodels: [{model: a}]",
        "r.yml:3:10: parameter 'weight' of inner method ties is required and missing")]
    [InlineData("merge_method: knots\nbase_model: b\nparameters: {inner: model_stock}\nmodels: [{model: a}]",
        "r.yml:3:21: inner method model_stock takes at least 2 models; there are 1")]
    public void What_the_inner_method_lacks_is_said(string text, string expected) =>
        Assert.Equal(expected, RecipeText.BindFailure(text));

    [Fact]
    public void A_key_of_another_inner_method_has_no_effect()
    {
        var warning = Assert.Single(RecipeText.Bind(Head + "parameters: {weight: 1, gamma: 0.1}").Warnings);
        Assert.Contains(
            "'gamma' has no effect for method knots with inner ties", warning.Text, StringComparison.Ordinal);
        Assert.Empty(RecipeText.Bind(
            Head + "parameters: {weight: 1, density: 0.5, gamma: 0.1, inner: breadcrumbs}").Warnings);
    }

    /// <summary>The keys of the method that was meant are not odd.</summary>
    [Fact]
    public void A_mistyped_inner_method_is_all_that_is_said()
    {
        var check = RecipeTools.Check(RecipeSource.Yaml(
            Head + "parameters: {weight: 1, density: 0.5, gamma: 0.1, inner: breadcrumps}", "r.yml"));
        Assert.Contains("nearest is 'breadcrumbs'", Assert.Single(check.Failures).Message, StringComparison.Ordinal);
        Assert.Empty(check.Warnings);
    }

    [Fact]
    public void A_rule_may_name_an_inner_method()
    {
        var bound = RecipeText.Bind("""
            merge_method: ties
            base_model: b
            models: [{model: a, parameters: {weight: 1}}, {model: c, parameters: {weight: 2}}]
            rules: [{tensors: mlp, merge_method: knots, parameters: {inner: breadcrumbs, gamma: 0.2, density: 0.7}}]
            """);
        Assert.Empty(bound.Warnings);
        Assert.Equal("knots with inner breadcrumbs", bound.Methods[1].Title);
        Assert.Contains("'scope' is 'row'", RecipeText.BindFailure("""
            merge_method: linear
            base_model: b
            models: [{model: a, parameters: {weight: 1}}]
            rules: [{tensors: mlp, merge_method: knots, parameters: {scope: row}}]
            """), StringComparison.Ordinal);
    }

    /// <summary>Where both have a name, the inner method must get on with its default.</summary>
    [Fact]
    public void Names_that_methods_share_have_defaults()
    {
        foreach (var outer in MethodCatalog.All)
            foreach (var inner in outer.Signature.Parameters.OfType<Inner>())
            {
                MergeMethod[] accepted = [.. InnerMethods.Accepted(inner)];
                Assert.Contains(inner.Standard.Signature.Name, accepted.Select(m => m.Signature.Name));
                foreach (var parameter in accepted.SelectMany(m => m.Signature.Parameters))
                    Assert.True(InnerMethod.Reads(outer.Signature, parameter)
                        || parameter is Flag or Choice or Global { Default: not null } or PerModel { Default: not null },
                        $"{outer.Signature.Name}: {parameter.Name}");
            }
    }

    [Fact]
    public void The_plan_tells_the_inner_method_and_its_values()
    {
        using var models = new TinyModels().Llama("b", 1, 1).Llama("a", 2, 1);
        var plan = models.Plan(
            "merge_method: knots\nbase_model: $b\nmodels: [{model: $a}]\nparameters: {weight: 0.5, lambda: 3}");
        var values = plan.TensorPlans.First(t => t.Name.EndsWith("up_proj.weight", StringComparison.Ordinal)).Values;
        Assert.Equal(["ties"], values.Where(v => v.Name == "inner").Select(v => v.Word));
        Assert.Equal([0.5], values.Single(v => v.Name == "weight").Numbers);
        Assert.Equal([3], values.Single(v => v.Name == "lambda").Numbers);
        Assert.Equal("true", values.Single(v => v.Name == "normalize").Word);
    }
}
