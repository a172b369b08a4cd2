using System.Text;
using FastMerge.Checkpoint;
using FastMerge.Core;

namespace FastMerge.Tests.Checkpoint;

public sealed class SafetensorsHeaderTests
{
    static SafetensorsHeader Parse(byte[] file)
    {
        var length = (int)BitConverter.ToInt64(file, 0) + 8;
        return SafetensorsHeader.Parse(file.AsSpan(0, length), file.Length, "x.safetensors");
    }

    static FastMergeException Fails(byte[] file)
    {
        var failure = Assert.Throws<FastMergeException>(() => Parse(file));
        Assert.Equal(FailureKind.Input, failure.Kind);
        return failure;
    }

    [Fact]
    public void TwoTensors_AreLocatedInDataOrder()
    {
        var header = Parse(TestFolder.WithPrefix(
            """
            {"b":{"dtype":"BF16","shape":[3],"data_offsets":[8,14]},
             "__metadata__":{"format":"pt"},
             "a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}}
            """, 14));
        Assert.Equal(["a", "b"], header.Tensors.Select(t => t.Spec.Name));
        Assert.Equal(DType.BF16, header.Tensors[1].Spec.DType);
        Assert.Equal("[2, 1]", header.Tensors[0].Spec.ShapeText);
        Assert.Equal((8L, 14L), (header.Tensors[1].Begin, header.Tensors[1].End));
        Assert.Equal(14, header.DataBytes);
        Assert.Equal("pt", header.Metadata["format"]);
        Assert.Empty(header.Warnings);
        Assert.Equal(64, header.Sha256.Length);
    }

    [Theory]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""", 12, "hole")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 9, "follow the last tensor")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 7, "truncated")]
    [InlineData("""{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", 8, "needs 12 bytes")]
    [InlineData("""{"a":{"dtype":"BF15","shape":[3],"data_offsets":[0,8]}}""", 8, "unknown dtype 'BF15'")]
    [InlineData("""{"a":{"dtype":"F4, BOOL","shape":[2],"data_offsets":[0,1]}}""", 1, "unknown dtype")]
    [InlineData("""{"a":{"dtype":" F32","shape":[2],"data_offsets":[0,8]}}""", 8, "unknown dtype")]
    [InlineData("""{"a":{"dtype":"4","shape":[2],"data_offsets":[0,8]}}""", 8, "unknown dtype")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2]}}""", 8, "has no data_offsets")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"shape":[2],"data_offsets":[0,8]}}""", 8, "occurs twice")]
    [InlineData("""{"a":{"dtype":"F32","x":1,"x":1,"shape":[2],"data_offsets":[0,8]}}""", 8, "occurs twice")]
    [InlineData("""{"\u001b[2J":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", 8, "\\u001b[2J")]
    [InlineData("""{"a\u0000":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 8, "NUL")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4611686018427387904,4,0],"data_offsets":[0,0]}}""", 0, "2^63 - 1")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}} x""", 8, "not valid JSON")]
    [InlineData("""[]""", 0, "object of tensors")]
    [InlineData("""{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"a":1}""", 4, "occurs twice")]
    public void AFault_IsNamed(string text, int dataBytes, string expected)
    {
        var failure = Fails(TestFolder.WithPrefix(text, dataBytes));
        Assert.StartsWith("x.safetensors: ", failure.Message, StringComparison.Ordinal);
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(failure.Message, char.IsControl);
    }

    [Fact]
    public void AnEmptyTensorWithAPaperDimension_IsReadAndSaid()
    {
        var header = Parse(TestFolder.WithPrefix(
            """{"a":{"dtype":"F32","shape":[0,18446744073709551615],"data_offsets":[0,0]}}"""));
        Assert.Equal(0, header.Tensors[0].Spec.ElementCount);
        Assert.Contains("18446744073709551615", Assert.Single(header.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void ALongName_IsReadUpToItsLimit()
    {
        static byte[] File(int bytes) => TestFolder.WithPrefix(
            """{"NAME":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""".Replace(
                "NAME", new string('n', bytes), StringComparison.Ordinal), 1);
        Assert.Equal(4096, Parse(File(4096)).Tensors[0].Spec.Name.Length);
        Assert.Contains("4097", Fails(File(4097)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void UnknownKeysWithoutEnd_AreRejected()
    {
        static string Keys(int count) => string.Concat(Enumerable.Range(0, count).Select(i => $"\"{i}\":[],"));
        static byte[] File(int keys) => TestFolder.WithPrefix(
            """{"a":{KEYS"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""".Replace(
                "KEYS", Keys(keys), StringComparison.Ordinal), 1);
        Assert.Equal(2, Parse(File(64)).Warnings.Count);
        Assert.Contains("64 unknown keys", Fails(File(65)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ManyOddNames_GiveFewWarnings()
    {
        var tensors = Enumerable.Range(0, 1000).Select(i => TestFolder.F32($"\u202e{i}", 0));
        Assert.Equal(2, Parse(TestFolder.FileBytes(SafetensorsHeaderWriter.Write(tensors))).Warnings.Count);
    }

    [Theory]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "git lfs pull")]
    [InlineData("<!DOCTYPE html><html></html>", "download failed")]
    [InlineData("<\0\0\0\0\0\0\0", "a header of 60 bytes")]
    [InlineData("GGUF\u0003\0\0\0\0\0\0\0\0\0", "GGUF")]
    [InlineData("PK\u0003\u0004\0\0\0\0\0\0\0\0\0\0\0\0", "ZIP")]
    public void AForeignFile_IsRecognized(string content, string expected)
    {
        using var folder = new TestFolder();
        folder.Write("model.safetensors", Encoding.Latin1.GetBytes(content));
        Assert.Contains(expected, folder.OpenFails().Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AHundredThousandTensors_TakeTimeLinearInTheirNumber()
    {
        var tensors = Enumerable.Range(0, 100_000)
            .Select(i => TestFolder.F32($"model.layers.{i / 100}.mlp.experts.{i % 100}.gate_proj.weight", 0));
        var file = SafetensorsHeaderWriter.Write(tensors).Bytes;
        var best = Timing.Best(5, () => Assert.Equal(100_000, Parse(file).Tensors.Count));
        // A fraction of a second on an idle machine; anything quadratic takes minutes on any.
        Assert.True(best < TimeSpan.FromSeconds(5), $"{best}");
    }
}
