using System.Text;
using System.Text.Json.Nodes;
using FastMerge.Checkpoint;

namespace FastMerge.Tests.Checkpoint;

/// <summary>Configurations of stacks with other layers than their model had.</summary>
public sealed class ConfigLayersTests
{
    static (string Text, IReadOnlyList<string> Warnings) Restack(
        string text, string module, params IEnumerable<(string? Config, int Layer)> layers)
    {
        var editor = new ConfigEditor(Encoding.UTF8.GetBytes(text), "config.json");
        var warnings = ConfigLayers.Restack(editor, module,
            [.. layers.Select(l => (l.Config is null ? null : JsonNode.Parse(l.Config)!.AsObject(), l.Layer))]);
        return (Encoding.UTF8.GetString(editor.ToBytes()), warnings);
    }

    static string Own(string text, params IEnumerable<int> layers)
    {
        var (result, warnings) = Restack(text, "", layers.Select(l => ((string?)text, l)));
        Assert.Empty(warnings);
        return result;
    }

    [Theory]
    [InlineData("""{"model_type": "llama", "num_hidden_layers": 2, "x": 1.0e-05}""",
        """{"model_type": "llama", "num_hidden_layers": 3, "x": 1.0e-05}""")]
    [InlineData("""{"model_type": "gpt2", "n_layer": 2}""", """{"model_type": "gpt2", "n_layer": 3}""")]
    [InlineData("""{"n_layers": 2, "num_layers": 2}""", """{"n_layers": 3, "num_layers": 3}""")]
    [InlineData("""{"model_type": "gemma3", "text_config": {"num_hidden_layers": 2, "layer_types": ["a", "b"]}}""",
        """{"model_type": "gemma3", "text_config": {"num_hidden_layers": 3, "layer_types": ["a", "b", "a"]}}""")]
    [InlineData("""{"model_type": "qwen2_vl", "num_hidden_layers": 2, "vision_config": {"depth": 2}}""",
        """{"model_type": "qwen2_vl", "num_hidden_layers": 3, "vision_config": {"depth": 2}}""")]
    [InlineData("""{"model_type": "new", "text_config": {"num_hidden_layers": 2}}""",
        """{"model_type": "new", "text_config": {"num_hidden_layers": 3}}""")]
    public void Counts_AreSet(string text, string expected) => Assert.Equal(expected, Own(text, 0, 1, 0));

    [Theory]
    [InlineData("encoder", """{"model_type": "t5", "num_layers": 3, "num_decoder_layers": 2}""")]
    [InlineData("decoder", """{"model_type": "t5", "num_layers": 2, "num_decoder_layers": 3}""")]
    public void T5_StacksAreCountedApart(string module, string expected) => Assert.Equal(expected,
        Restack("""{"model_type": "t5", "num_layers": 2, "num_decoder_layers": 2}""", module,
            (null, 0), (null, 1), (null, 1)).Text);

    [Fact]
    public void T5_DecoderKeepsACountThatWasTheEncoders()
    {
        const string text = """{"model_type": "t5", "num_layers": 2}""";
        Assert.Equal("""{"model_type": "t5", "num_layers": 1,"num_decoder_layers": 2}""",
            Restack(text, "encoder", (null, 0)).Text);
        Assert.Equal("""{"model_type": "t5", "num_layers": 2,"num_decoder_layers": 1}""",
            Restack(text, "decoder", (null, 0)).Text);
    }

    [Fact]
    public void Whisper_EncoderHasTwoCounts() => Assert.Equal(
        """{"model_type": "whisper", "encoder_layers": 1, "decoder_layers": 4, "num_hidden_layers": 1}""",
        Restack("""{"model_type": "whisper", "encoder_layers": 4, "decoder_layers": 4, "num_hidden_layers": 4}""",
            "encoder", (null, 2)).Text);

    [Fact]
    public void Lists_FollowTheirLayers()
    {
        const string first = """
            {"model_type": "qwen3_moe", "num_hidden_layers": 4, "mlp_only_layers": [1, 3], "layer_types": [
                "a", "b", "a", "b"
            ]}
            """;
        const string second = """
            {"model_type": "qwen3_moe", "num_hidden_layers": 3, "mlp_only_layers": [0], "layer_types": ["x", "y", "z"]}
            """;
        const string expected = """
            {"model_type": "qwen3_moe", "num_hidden_layers": 5, "mlp_only_layers": [1, 2, 4], "layer_types": [
                "a", "b", "x", "z", "b"
            ]}
            """;
        var (text, warnings) = Restack(first, "",
            (first, 0), (first, 1), (second, 0), (second, 2), (first, 3));
        Assert.Empty(warnings);
        // The old list had several entries a line; what stands between brackets and entries is kept.
        Assert.Equal(JsonNode.Parse(expected)!.ToJsonString(), JsonNode.Parse(text)!.ToJsonString());
    }

    [Fact]
    public void Llama4_ListsOfBothKinds() => Assert.Equal(
        """
        {"model_type": "llama4", "text_config":
          {"num_hidden_layers": 3, "no_rope_layers": [0, 1, 0], "moe_layers": [1]}}
        """,
        Own("""
            {"model_type": "llama4", "text_config":
              {"num_hidden_layers": 4, "no_rope_layers": [1, 1, 1, 0], "moe_layers": [1, 2]}}
            """, 3, 1, 3));

    [Theory]
    [InlineData(new[] { 0, 1, 2, 3, 4 }, 2)]
    [InlineData(new[] { 0, 3, 4, 4, 4 }, 1)]
    [InlineData(new[] { 2, 3 }, 0)]
    [InlineData(new[] { 0, 0, 1, 1, 4 }, 4)]
    [InlineData(new[] { 0, 1 }, 2)]
    public void FirstDense_IsCountedAnew(int[] layers, int expected) => Assert.Equal(
        $$"""{"num_hidden_layers": {{layers.Length}}, "first_k_dense_replace": {{expected}}}""",
        Own("""{"num_hidden_layers": 5, "first_k_dense_replace": 2}""", layers));

    [Fact]
    public void FirstDense_InTheMiddle_IsAWarning()
    {
        const string text = """{"model_type": "deepseek_v3", "num_hidden_layers": 4, "first_k_dense_replace": 1}""";
        var (result, warnings) = Restack(text, "", (text, 0), (text, 1), (text, 0), (text, 2));
        Assert.Equal(text, result);
        Assert.Equal("config.json: no first_k_dense_replace describes the new layers, of which 0, 2 should differ from "
            + "the others; it is left at 1", Assert.Single(warnings));
    }

    [Theory]
    [InlineData(new[] { 0, 1, 2, 3, 0, 1, 2, 3 }, 4)]
    [InlineData(new[] { 0, 3, 0, 3 }, 2)]
    [InlineData(new[] { 3, 3, 3, 3 }, 1)]
    [InlineData(new[] { 0, 1, 2, 0 }, 0)]
    public void Interval_IsSolvedAnew(int[] layers, int expected) => Assert.Equal(
        $$"""{"num_hidden_layers": {{layers.Length}}, "full_attention_interval": {{expected}}}""",
        Own("""{"num_hidden_layers": 8, "full_attention_interval": 4}""", layers));

    [Fact]
    public void Interval_OverruledByAList_IsNoWarning()
    {
        const string text =
            """{"num_hidden_layers": 2, "full_attention_interval": 2, "layer_types": ["linear", "full"]}""";
        Assert.Equal("""{"num_hidden_layers": 2, "full_attention_interval": 2, "layer_types": ["full", "linear"]}""",
            Own(text, 1, 0));
    }

    [Fact]
    public void Interval_AbsentButImplied_IsAWarningWhenBroken()
    {
        const string text = """{"model_type": "gemma2", "num_hidden_layers": 4}""";
        Assert.Empty(Restack(text, "", (text, 0), (text, 1), (text, 0), (text, 1)).Warnings);
        Assert.Contains("sliding_window_pattern",
            Assert.Single(Restack(text, "", (text, 0), (text, 2), (text, 1)).Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Lists_ThatAreTooShort_AreLeft()
    {
        const string text = """{"num_hidden_layers": 2, "layer_types": ["a", "b"]}""";
        var (result, warnings) = Restack(text, "", (null, 0), (null, 2), (null, 1));
        Assert.Equal("""{"num_hidden_layers": 3, "layer_types": ["a", "b"]}""", result);
        Assert.Contains("layer_types has no entry", Assert.Single(warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Lists_OfUnknownMeaning_AreNamed()
    {
        var (_, warnings) = Restack("""{"num_hidden_layers": 2, "gains": [1, 2], "eos_token_id": [1, 2, 3]}""", "",
            (null, 0));
        Assert.Equal("config.json: gains has an entry for each of the 2 old layers; its meaning is not known and it is "
            + "left as it is", Assert.Single(warnings));
    }

    [Fact]
    public void Counts_Nowhere_IsAWarning() =>
        Assert.Equal("config.json names no number of layers; the model has 1 now",
            Assert.Single(Restack("{}", "", (null, 0)).Warnings));
}
