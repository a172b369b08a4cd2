using FastMerge.Testing;
using FastMerge.Testing.Checkpoints;

namespace FastMerge.Tests.TestHelpers;

public class SyntheticCheckpointTests
{
    static double Deviation(float[] values) =>
        Math.Sqrt(values.Average(v => (double)v * v) - Math.Pow(values.Average(), 2));

    [Fact]
    public void SameSeed_SameBytes_OtherSeed_OtherBytes()
    {
        using var temp = new TempFolder();
        var checkpoint = new SyntheticCheckpoint(CheckpointShape.Tiny);
        checkpoint.Write(temp["a"]);
        checkpoint.Write(temp["b"]);
        (checkpoint with { Seed = 2 }).Write(temp["c"]);
        var a = File.ReadAllBytes(temp["a/model.safetensors"]);
        Assert.Equal(a, File.ReadAllBytes(temp["b/model.safetensors"]));
        Assert.NotEqual(a, File.ReadAllBytes(temp["c/model.safetensors"]));
    }

    [Fact]
    public void Weights_AreNormal_FineTunesAreNearTheBase()
    {
        var shape = new CheckpointShape(1, 512, 1024, 512, 8, 4);
        var checkpoint = new SyntheticCheckpoint(shape);
        var values = checkpoint.Values("model.layers.0.mlp.up_proj.weight");
        Assert.InRange(Deviation(values), 0.0199, 0.0201);
        Assert.InRange(values.Count(v => Math.Abs(v) > 0.04) / (double)values.Length, 0.0445, 0.0465);
        Assert.InRange(values.Max(), 0.08, 0.095);

        var tuned = (checkpoint with { FineTune = 1 }).Values("model.layers.0.mlp.up_proj.weight");
        Assert.InRange(Deviation([.. tuned.Zip(values, (t, b) => t - b)]), 0.00195, 0.00205);
        Assert.InRange(checkpoint.Values("model.norm.weight").Average(), 0.98, 1.02);
    }

    [Theory]
    [InlineData("BF16")]
    [InlineData("F16")]
    [InlineData("F32")]
    public void ShardedAndSingle_HoldTheSameTensors(string dtype)
    {
        using var temp = new TempFolder();
        var checkpoint = new SyntheticCheckpoint(CheckpointShape.Tiny) { DType = dtype };
        var bytes = checkpoint.Write(temp["single"]);
        (checkpoint with { ShardBytes = 100_000 }).Write(temp["sharded"]);
        var single = SafetensorsFile.ReadFolder(temp["single"]);
        var sharded = SafetensorsFile.ReadFolder(temp["sharded"]);
        Assert.True(Directory.GetFiles(temp["sharded"], "model-*.safetensors").Length > 2);
        Assert.Equal(single.Keys, sharded.Keys);
        Assert.All(single, t => Assert.Equal(t.Value.Data, sharded[t.Key].Data));
        Assert.Equal(bytes, single.Sum(t => t.Value.Data.Length));
        Assert.Equal(checkpoint.Shape.Tensors().Count(), single.Count);
    }

    [Theory]
    [InlineData(1_000_000)]
    [InlineData(250_000_000)]
    [InlineData(2_000_000_000)]
    public void OfSize_ComesNear(long bytes) =>
        Assert.InRange(CheckpointShape.OfSize(bytes, 2).Elements * 2.0 / bytes, 0.8, 1.2);
}
