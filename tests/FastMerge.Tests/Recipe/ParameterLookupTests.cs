using System.Globalization;
using FastMerge.Recipe;
using static FastMerge.Tests.Recipe.RecipeText;

namespace FastMerge.Tests.Recipe;

public class ParameterLookupTests
{
    static ParameterSet Parameters(string text) =>
        Read($"merge_method: linear\nmodels: [{{model: a}}]\nparameters:\n  {text}").Parameters;

    static ResolvedValue Value(string text) => Parameters(text)["weight"]!.At(TensorTraits.OfName("x"), 0)!;

    static double? Number(string text, string tensor = "x", double position = 0) =>
        ParameterLookup.Resolve([Parameters(text)], "weight", TensorTraits.OfName(tensor), position)?.AsNumber();

    [Theory]
    [InlineData("1e-5", 1e-5)]
    [InlineData("1E+2", 100)]
    [InlineData("1_000.5", 1000.5)]
    [InlineData("'0.25'", 0.25)]
    [InlineData("\"-3\"", -3)]
    [InlineData(".5", 0.5)]
    [InlineData("+.5", 0.5)]
    [InlineData("-2.", -2)]
    [InlineData("0x1F", 31)]
    [InlineData("0b101", 5)]
    [InlineData("0o17", 15)]
    [InlineData("017", 15)]
    [InlineData("'017'", 17)]
    [InlineData("08", 8)]
    [InlineData("yes", 1)]
    [InlineData("-.inf", double.NegativeInfinity)]
    [InlineData(".nan", double.NaN)]
    [InlineData("1e400", double.PositiveInfinity)]
    [InlineData("!!float 3", 3)]
    public void Numeral_IsANumber(string text, double expected) => Assert.Equal(expected, Number("weight: " + text));

    [Theory]
    [InlineData("heavy")]
    [InlineData("0,5")]
    [InlineData("1e")]
    [InlineData("0x")]
    [InlineData("1:30")]
    [InlineData("'-'")]
    [InlineData("'1 '")]
    [InlineData("")]
    public void Word_IsNoNumber(string text)
    {
        var message = Failure(() => Number("weight: " + text)!);
        Assert.StartsWith("r.yml:4:1", message, StringComparison.Ordinal);
        Assert.EndsWith("accepted: a number", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("yes", true)]
    [InlineData("Off", false)]
    [InlineData("TRUE", true)]
    [InlineData("'false'", false)]
    [InlineData("1", true)]
    [InlineData("0.0", false)]
    public void Switch_IsABoolean(string text, bool expected) =>
        Assert.Equal(expected, Value("weight: " + text).AsBoolean());

    [Theory]
    [InlineData("weight: 0.5")]
    [InlineData("weight: y")]
    [InlineData("weight: ''")]
    public void OtherValue_IsNoBoolean(string text) =>
        Assert.Contains("accepted: true or false", Failure(() => Value(text).AsBoolean()), StringComparison.Ordinal);

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0.125, 0.25)]
    [InlineData(0.25, 0.5)]
    [InlineData(0.375, 0.4)]
    [InlineData(0.875, 0.85)]
    [InlineData(1, 1)]
    public void Gradient_IsInterpolatedByLayerPosition(double position, double expected) =>
        Assert.Equal(expected, Number("weight: [0, 0.5, 0.3, 0.7, 1]", "x", position)!.Value, 15);

    [Fact]
    public void GradientOfOne_IsThatValue() => Assert.Equal(7, Number("weight: [7]", "x", 0.3));

    [Fact]
    public void FirstMatchingFilter_Decides()
    {
        const string Text = """
            weight:
              - {filter: mlp, value: [0, 1]}
              - {filter: self_attn, value: 0.25}
              - {filter: "*", value: 0.5}
              - {value: 9}
            """;
        Assert.Equal(0.75, Number(Text, "model.layers.3.mlp.up_proj.weight", 0.75));
        Assert.Equal(0.25, Number(Text, "model.layers.3.self_attn.q_proj.weight", 0.75));
        Assert.Equal(0.5, Number(Text, "lm_head.weight"));
    }

    [Fact]
    public void SingleFilterMapping_IsTaken()
    {
        Assert.Equal(2, Number("weight: {filter: norm, value: 2}", "model.norm.weight"));
        Assert.Null(Number("weight: {filter: norm, value: 2}", "lm_head.weight"));
    }

    [Fact]
    public void LevelWithoutAMatch_IsPassedOver()
    {
        ParameterSet[] sets =
        [
            Parameters("weight: [{filter: mlp, value: 1}]"), ParameterSet.Empty,
            Parameters("weight: 2"), Parameters("weight: 3"),
        ];
        Assert.Equal(1, ParameterLookup.Resolve(sets, "weight", TensorTraits.OfName("a.mlp.b"), 0)?.AsNumber());
        Assert.Equal(2, ParameterLookup.Resolve(sets, "weight", TensorTraits.OfName("a.attn.b"), 0)?.AsNumber());
        Assert.Null(ParameterLookup.Resolve(sets, "density", TensorTraits.OfName("a.mlp.b"), 0));
    }

    [Theory]
    [InlineData("weight: []", "an empty list")]
    [InlineData("weight: [[1]]", "a list")]
    [InlineData("weight: [1, {value: 2}]", "a mapping")]
    [InlineData("weight: [{value: 2}, 1]", "'1'")]
    [InlineData("weight: [{filter: a}]", "'value' is missing")]
    [InlineData("weight: [{filter: [a], value: 1}]", "'filter' is a list")]
    [InlineData("weight: [{filter: a, value: {value: 1}}]", "a mapping")]
    [InlineData("weight: [{filtr: a, value: 1}]", "nearest is 'filter'")]
    public void MisshapenValue_IsRefused(string text, string expected) =>
        Assert.Contains(expected, Failure(() => Parameters(text)), StringComparison.Ordinal);

    [Fact]
    public void InterpolatedNumber_KeepsItsPlace()
    {
        var value = Parameters("weight: [0, 1, 0]")["weight"]!.At(TensorTraits.OfName("x"), 0.25)!;
        Assert.Equal("0.5", value.AsNumber().ToString(CultureInfo.InvariantCulture));
        Assert.Equal(4, value.Span.Line);
    }
}
