using System.Text;
using FastMerge.Checkpoint;
using FastMerge.Core;

namespace FastMerge.Tests.Checkpoint;

public sealed class ConfigEditorTests
{
    static string Edit(string text, Action<ConfigEditor> edit)
    {
        var editor = new ConfigEditor(Encoding.UTF8.GetBytes(text), "config.json");
        edit(editor);
        var result = editor.ToBytes();
        JsonText.ParseObject(result, "edited");
        return Encoding.UTF8.GetString(result);
    }

    [Fact]
    public void DType_ReplacesWhicheverKeyIsThere()
    {
        const string text = """
            {
              "z": 1.0e-05,   "é\u00e9": [0.0, Infinity],
              "torch_dtype" : "float32",
              "dtype":null,
              "text_config": {"torch_dtype": "float32", "dtype_x": "float32"},
              "vision_config": {"dtype": null},
              "quantization_config": {"dtype": "float32"},
              "last": true
            }

            """;
        const string expected = """
            {
              "z": 1.0e-05,   "é\u00e9": [0.0, Infinity],
              "torch_dtype" : "bfloat16",
              "dtype":"bfloat16",
              "text_config": {"torch_dtype": "bfloat16", "dtype_x": "float32"},
              "vision_config": {"dtype": null},
              "quantization_config": {"dtype": "float32"},
              "last": true
            }

            """;
        Assert.Equal(expected, Edit(text, editor => editor.SetDType(DType.BF16)));
    }

    [Theory]
    [InlineData("""{"a": 1}""")]
    [InlineData("{}")]
    [InlineData("""{"torch_dtype": {"a": "float32"}}""")]
    public void DType_ChangesNothingWithoutAKey(string text) =>
        Assert.Equal(text, Edit(text, editor => editor.SetDType(DType.F16)));

    [Theory]
    [InlineData(DType.F32, "float32")]
    [InlineData(DType.F16, "float16")]
    [InlineData(DType.BF16, "bfloat16")]
    [InlineData(DType.F64, "float64")]
    [InlineData(DType.F8_E4M3, "float8_e4m3fn")]
    [InlineData(DType.F8_E5M2, "float8_e5m2")]
    [InlineData(DType.I32, null)]
    public void TorchName_IsPyTorchsSpelling(DType dtype, string? expected) =>
        Assert.Equal(expected, ConfigEditor.TorchName(dtype));

    [Theory]
    [InlineData("""{"vocab_size": 32000, "a": 1}""", """{"vocab_size": 7, "a": 1}""")]
    [InlineData("""{"text_config": {"a": 1, "vocab_size":32000}}""", """{"text_config": {"a": 1, "vocab_size":7}}""")]
    [InlineData("""{"text_config": [{"vocab_size":32000}]}""", """{"text_config": [{"vocab_size":32000}]}""")]
    [InlineData("""{"a": {"vocab_size": 1}}""", """{"a": {"vocab_size": 1}}""")]
    public void VocabSize_IsReplacedWhereItIs(string text, string expected) =>
        Assert.Equal(expected, Edit(text, editor => Assert.Equal(text != expected, editor.SetVocabSize(7))));

    [Theory]
    [InlineData("{}", "{\"k\": 5}")]
    [InlineData("{\"a\": 1}", "{\"a\": 1,\"k\": 5}")]
    [InlineData("{\n  \"a\": 1\n}\n", "{\n  \"a\": 1,\n  \"k\": 5\n}\n")]
    [InlineData("{\"k\": [1, {\"k\": 2}], \"b\": 3}", "{\"k\": 5, \"b\": 3}")]
    public void Set_ReplacesOrAdds(string text, string expected) =>
        Assert.Equal(expected, Edit(text, editor => editor.Set("k", "5")));

    [Theory]
    [InlineData("{\"k\": 1}", "{}")]
    [InlineData("{\"k\": {\"a\": [1, 2]}, \"b\": 1}", "{\"b\": 1}")]
    [InlineData("{\n  \"a\": 1,\n  \"k\": 1\n}", "{\n  \"a\": 1\n}")]
    [InlineData("{\n  \"a\": 1,\n  \"k\": 1,\n  \"b\": 2\n}", "{\n  \"a\": 1,\n  \"b\": 2\n}")]
    public void Remove_TakesTheCommaAlong(string text, string expected) =>
        Assert.Equal(expected, Edit(text, editor => Assert.True(editor.Remove("k"))));

    [Fact]
    public void Remove_OfAnAbsentKeySaysSo() =>
        Edit("""{"a": {"k": 1}}""", editor => Assert.False(editor.Remove("k")));

    [Theory]
    [InlineData("""{"a": 1, "tie_word_embeddings": true}""", """{"a": 1, "tie_word_embeddings": false}""")]
    [InlineData("""{"text_config": {"tie_word_embeddings": true}}""",
        """{"text_config": {"tie_word_embeddings": false}}""")]
    [InlineData("""{"a": 1}""", """{"a": 1,"tie_word_embeddings": false}""")]
    [InlineData("{}", """{"tie_word_embeddings": false}""")]
    public void Tied_IsWrittenWhereItIs_ElseAdded(string text, string expected) =>
        Assert.Equal(expected, Edit(text, editor => editor.SetTied(false)));

    [Theory]
    [InlineData("""{"a": [1, 2]}""", """{"a": [7, 8, 9]}""")]
    [InlineData("{\"a\": [\n    1,\n    2\n  ]}", "{\"a\": [\n    7,\n    8,\n    9\n  ]}")]
    [InlineData("""{"a": []}""", """{"a": [7, 8, 9]}""")]
    [InlineData("""{"a": [ ]}""", """{"a": [ 7, 8, 9]}""")]
    public void List_KeepsItsLayout(string text, string expected) =>
        Assert.Equal(expected, Edit(text, editor => editor.SetList(["a"], ["7", "8", "9"])));

    [Theory]
    [InlineData("""{"t": {"b": 1}, "z": 2}""", """{"t": {"b": 1,"c": 3}, "z": 2}""")]
    [InlineData("""{"t": {}, "z": 2}""", """{"t": {"c": 3}, "z": 2}""")]
    [InlineData("""{"t": {"c": 1}}""", """{"t": {"c": 3}}""")]
    public void Set_InNestedObject(string text, string expected) =>
        Assert.Equal(expected, Edit(text, editor => editor.Set(["t", "c"], "3")));
}
