using FastMerge.Checkpoint;
using FastMerge.Core;

namespace FastMerge.Tests.Checkpoint;

public sealed class InputCheckpointTests : IDisposable
{
    const string Model = "model.safetensors";

    readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void AShard_CanBeOpenedWhileItIsTheSame()
    {
        _folder.WriteTensors(Model, TestFolder.F32("a", 4));
        var checkpoint = _folder.Open();
        var shard = checkpoint.Shards[0];
        using var file = checkpoint.OpenShard(shard);
        checkpoint.CheckUnchanged(shard);
        Assert.Equal(shard.Identity, file.Stat());
    }

    public static TheoryData<string, Action<string>> Changes => new()
    {
        { "grown", path => File.AppendAllText(path, "x") },
        { "shrunk", path => File.WriteAllBytes(path, File.ReadAllBytes(path)[..^1]) },
        { "rewritten", path => File.WriteAllBytes(path, File.ReadAllBytes(path)) },
        { "back-dated", path => File.SetLastWriteTimeUtc(path, DateTime.UnixEpoch) },
        { "replaced", Replace },
        { "deleted", File.Delete },
    };

    static void Replace(string path)
    {
        File.Copy(path, path + ".new");
        File.SetLastWriteTimeUtc(path + ".new", File.GetLastWriteTimeUtc(path));
        File.Move(path + ".new", path, overwrite: true);
    }

    [Theory]
    [MemberData(nameof(Changes))]
    public void AChangedShard_IsFound(string how, Action<string> change)
    {
        var path = _folder.WriteTensors(Model, TestFolder.F32("a", 4));
        var checkpoint = _folder.Open();
        // File times tick every few milliseconds.
        Thread.Sleep(20);
        change(path);
        var failure = Assert.Throws<FastMergeException>(() => checkpoint.CheckUnchanged(checkpoint.Shards[0]));
        Assert.Equal((how, FailureKind.InputChanged), (how, failure.Kind));
        Assert.Throws<FastMergeException>(() => checkpoint.OpenShard(checkpoint.Shards[0]));
    }

    [Fact]
    public void TheConfiguration_IsReadAndKept()
    {
        const string text = """{"architectures": ["LlamaForCausalLM"], "time_step_limit": [0.0, Infinity], "x": NaN}""";
        _folder.WriteTensors(Model, TestFolder.F32("a"));
        Assert.Null(_folder.Open().Config);
        _folder.Write("config.json", text);
        var checkpoint = _folder.Open();
        Assert.Equal(text.Length, checkpoint.ConfigText!.Length);
        Assert.Equal("LlamaForCausalLM", checkpoint.Architecture);
        Assert.Equal(double.PositiveInfinity, (double)checkpoint.Config!["time_step_limit"]![1]!);
        Assert.Null(checkpoint.Quantizer);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{\"a\": 1, \"a\": 2}")]
    [InlineData("{\"a\": 1, \"\\u0061\": 2}")]
    [InlineData("{\"a\": \"\\ud800\"}")]
    [InlineData("{\"a\": 1} x")]
    [InlineData("{\"a\": Infinit}")]
    [InlineData("{\"\u001b\": 1")]
    public void AMalformedConfiguration_IsRejected(string text)
    {
        _folder.WriteTensors(Model, TestFolder.F32("a"));
        _folder.Write("config.json", text);
        var failure = _folder.OpenFails();
        Assert.Equal(FailureKind.Input, failure.Kind);
        Assert.Contains("config.json", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ADeepOrHugeConfiguration_IsRejected()
    {
        _folder.WriteTensors(Model, TestFolder.F32("a"));
        _folder.Write("config.json", "{\"a\":" + new string('[', 100_000));
        Assert.Equal(FailureKind.Input, _folder.OpenFails().Kind);
        using (var file = FileStorage.Instance.OpenWrite(_folder["config.json"])) file.Truncate(1L << 40);
        Assert.Contains("at most", _folder.OpenFails().Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"quantization_config": {"quant_method": "gptq"}}""", "a.weight", "gptq")]
    [InlineData("""{"quantization_config": {}}""", "a.weight", "an unnamed quantizer")]
    [InlineData("{}", "a.weight_scale_inv", "fp8 blocks")]
    [InlineData("{}", "a.qweight", "GPTQ or AWQ")]
    [InlineData("{}", "x_blocks", "mxfp4")]
    [InlineData("{}", "y_blocks", null)]
    [InlineData("""{"quantization_config": null}""", "a.weight", null)]
    public void QuantizedWeights_AreRecognized(string config, string tensor, string? expected)
    {
        _folder.WriteTensors(Model, TestFolder.F32(tensor), TestFolder.F32("x_scales"));
        _folder.Write("config.json", config);
        Assert.Equal(expected, _folder.Open().Quantizer);
    }

    public static TheoryData<Exception, FailureKind> Failures => new()
    {
        { StorageErrors.Create("open", "x", 13), FailureKind.Input },
        { StorageErrors.Create("open", "x", 1), FailureKind.Input },
        { StorageErrors.Create("open", "x", 2), FailureKind.Input },
        { StorageErrors.Create("open", "x", 20), FailureKind.Input },
        { StorageErrors.Create("open", "x", 36), FailureKind.Input },
        { StorageErrors.Create("open", "x", 40), FailureKind.Input },
        { StorageErrors.Create("read", "x", 5), FailureKind.Io },
        { StorageErrors.Create("open", "x", 24), FailureKind.Io },
        { new EndOfStreamException("x"), FailureKind.InputChanged },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public void AStorageFailure_HasItsKind(Exception failure, FailureKind kind) =>
        Assert.Equal(kind, Assert.Throws<FastMergeException>(() => InputFile.Guard<int>(() => throw failure)).Kind);

    [Fact]
    public void TheSummary_CountsEverything()
    {
        _folder.WriteTensors(
            Model, new("a", DType.BF16, [3, 4]), new("b", DType.BF16, []), new("d", DType.U8, [1]),
            TestFolder.F32("c", 2));
        _folder.Write("config.json", """{"architectures": ["X"]}""");
        var summary = Merger.Inspect(_folder.Root);
        Assert.Equal((16L, 35L, "X"), (summary.Parameters, summary.Bytes, summary.Architecture));
        Assert.Equal(
            [new(DType.BF16, 2, 13, 26), new(DType.F32, 1, 2, 8), new DTypeInfo(DType.U8, 1, 1, 1)], summary.DTypes);
        Assert.Equal(["c", "a", "b", "d"], summary.Tensors.Select(row => row.Spec.Name));
        var file = Assert.Single(summary.Files);
        var headerBytes = InputCheckpoint.Open(new(_folder.Root), FileStorage.Instance).Shards[0].Header.DataOffset;
        Assert.Equal((4, headerBytes + 35), (file.Tensors, file.Bytes));
        Assert.Equal(file.Bytes, summary.Tensors[^1].Offset + summary.Tensors[^1].Spec.ByteCount);
    }
}
