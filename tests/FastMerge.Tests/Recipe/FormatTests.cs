using FastMerge.Recipe;
using static FastMerge.Tests.Recipe.RecipeText;

namespace FastMerge.Tests.Recipe;

public class FormatTests
{
    public static TheoryData<string> Cases() =>
        [.. RecipeSamples.Golden.Keys, .. RecipeSamples.Examples.Keys];

    static string Sample(string name) =>
        RecipeSamples.Golden.TryGetValue(name, out var text) ? text : RecipeSamples.Examples[name];

    static string Format(string text) => RecipeTools.Format(RecipeSource.Yaml(text, "r.yml")).Text;

    [Theory]
    [MemberData(nameof(Cases))]
    public void Formatted_ReadsTheSameAndStaysAsItIs(string name)
    {
        var formatted = Format(Sample(name));
        Assert.Equal(RecipeDump.Of(Sample(name)), RecipeDump.Of(formatted));
        Assert.Equal(formatted, Format(formatted));
        Assert.Equal(Sample(name).Count(c => c == '#'), formatted.Count(c => c == '#'));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void FormattedFromAnyLayout_IsTheSame(string name)
    {
        var random = new Random(name.Length);
        var root = YamlTreeReader.Read(Sample(name), "r.yml");
        for (var i = 0; i < 5; i++)
        {
            var text = string.Join("---\n", root.Select(r => YamlLayout.Write(r, random)));
            var formatted = Format(text);
            Assert.Equal(RecipeDump.Of(Sample(name)), RecipeDump.Of(formatted));
            Assert.Equal(formatted, Format(formatted));
        }
    }

    [Fact]
    public void Form_IsCanonical() => Assert.Equal("""
        # What it is for

        merge_method: ties # the method
        base_model: org/base
        models:
        # first the one
        - model: a
          parameters:
            weight:  # by kind
            - filter: mlp
              value: [0, 0.5, 1]
            - value: 1
            density: 0.5  # half
        - {model: '*', parameters: {weight: 1.0e-07, density: '017'}}

        # then the other
        - model: b c
          parameters:
            weight: 1  # heavy
            density: 2
        parameters:
          normalize: 'no'
        dtype: float32
        # the end

        """.Replace(" # the method", "  # the method"), Format("""
        # What it is for

        dtype:   "float32"
        models:
            # first the one
            - parameters:
                weight:   # by kind
                    - value: [0,
                       0.5, 1]
                      filter: 'mlp'
                    - value: 1
                density: 0.5 # half
              model:    a
            - {model: "*", parameters: {weight: 1.0e-07, density: "017"}}

            # then the other
            - {model: 'b c', parameters: {weight: 1, # heavy
                density: 2}}
        parameters: !!map
            normalize: "no"
        base_model: org/base
        merge_method: "ties" # the method
        # the end
        """.Replace(" !!map", "")));

    [Theory]
    [InlineData("name: &a ties\na: *a", "r.yml:1:7: the recipe cannot be formatted without loss: it has an anchor")]
    [InlineData("%YAML 1.1\n---\nmerge_method: ties", "r.yml:1:1: the recipe cannot be formatted without loss: it ha")]
    [InlineData("merge_method: !!str ties", "r.yml:1:15: the recipe cannot be formatted without loss: it has a tag")]
    [InlineData("chat_template: | # x\n  a", "r.yml:1:16: the recipe cannot be formatted without loss: it has a comm")]
    [InlineData("a: [", "not valid YAML")]
    [InlineData("a: \u0007", "control character U+0007")]
    public void WhatWouldBeLost_IsRefused(string text, string expected) =>
        Assert.Contains(expected, Failure(() => Format(text)), StringComparison.Ordinal);

    [Theory]
    [InlineData("a # b", "'a # b'")]
    [InlineData("it's", "'it''s'")]
    [InlineData("a: b", "'a: b'")]
    [InlineData("1.5", "'1.5'")]
    [InlineData("yes", "'yes'")]
    [InlineData("null", "'null'")]
    [InlineData("plain/word-1.5_x", "plain/word-1.5_x")]
    [InlineData("\u001b\"\\", "\"\\u001b\\\"\\\\\"")]
    [InlineData("tab\there", "\"tab\\there\"")]
    [InlineData("- a", "'- a'")]
    [InlineData(" a", "' a'")]
    [InlineData("a\n", "\"a\\n\"")]
    public void QuotedScalar_KeepsItsQuotesWhereItNeedsThem(string text, string expected)
    {
        Assert.Equal(expected, ScalarText.Write(text, false));
        var read = Assert.IsType<YamlScalar>(YamlTreeReader.Read("[" + expected + "]", "r.yml") is [YamlList list]
            ? list.Items[0] : null);
        Assert.Equal(text, read.Text);
    }

    [Fact]
    public void LongText_StaysABlock() => Assert.Equal("chat_template: |\n  {% if a %}\n  b # c\n\n    d\n",
        Format("chat_template: \"{% if a %}\\nb # c\\n\\n  d\\n\"\n"));
}
