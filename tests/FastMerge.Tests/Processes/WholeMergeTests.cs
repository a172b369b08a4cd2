using FastMerge.Testing;
using FastMerge.Testing.Checkpoints;
using FastMerge.Testing.Processes;
using static FastMerge.Tests.Processes.ProcessChecks;

namespace FastMerge.Tests.Processes;

/// <summary>The main job, as the README shows it.</summary>
public class WholeMergeTests
{
    [Fact]
    public void Merge_Inspect_Verify()
    {
        using var scene = new MergeScene(CheckpointShape.Tiny);
        Succeeds("plan", scene.RecipePath, scene["out"]);
        Succeeds("merge", scene.RecipePath, scene["out"]);
        Succeeds("inspect", scene["out"]);
        Succeeds("verify", scene["out"]);
        var merged = SafetensorsFile.ReadFolder(scene["out"]);
        Assert.Equal(SafetensorsFile.ReadFolder(scene["base"]).Keys, merged.Keys);
        Assert.All(merged, t => Assert.True(Array.TrueForAll(t.Value.ToFloats(), float.IsFinite), t.Key));

        var shard = Directory.GetFiles(scene["out"], "*.safetensors")[0];
        using (var file = File.Open(shard, FileMode.Open, FileAccess.ReadWrite))
        {
            file.Position = file.Length - 1;
            var last = file.ReadByte();
            file.Position = file.Length - 1;
            file.WriteByte((byte)(last ^ 1));
        }
        Assert.Equal(8, ProgramRun.Run("verify", scene["out"]).ExitCode);
    }

    [Fact]
    public void Linear_OfEqualWeights_IsTheMean()
    {
        using var scene = new MergeScene(CheckpointShape.Tiny);
        File.WriteAllText(scene["mean.yml"], $$"""
            merge_method: linear
            models:
              - model: {{scene["one"]}}
                parameters: {weight: 1}
              - model: {{scene["two"]}}
                parameters: {weight: 1}
            out_dtype: float32

            """);
        Succeeds("merge", scene["mean.yml"], scene["out"]);
        var one = SafetensorsFile.ReadFolder(scene["one"]);
        var two = SafetensorsFile.ReadFolder(scene["two"]);
        foreach (var (name, merged) in SafetensorsFile.ReadFolder(scene["out"]))
        {
            var (a, b) = (one[name].ToFloats(), two[name].ToFloats());
            Assert.Equal("F32", merged.DType);
            Assert.True(a.Zip(b, (x, y) => (x + y) / 2).SequenceEqual(merged.ToFloats()), name);
        }
    }

    [Theory]
    [InlineData("ties")]
    [InlineData("dare_ties")]
    public void Result_DoesNotDependOn_ThreadsChunksMemoryOrReading(string method)
    {
        using var scene = new MergeScene(CheckpointShape.Tiny, method);
        Succeeds("merge", scene.RecipePath, scene["out"]);
        var expected = FolderContent.Of(scene["out"]);
        string[][] ways =
        [
            ["--threads", "1"], ["--threads", "3", "--io", "read"], ["--threads", "8", "--chunk-size", "64KiB"],
            ["--chunk-size", "64MiB", "--io", "direct"], ["--memory", "64MiB"], ["--interpret"],
        ];
        foreach (var way in ways)
        {
            Succeeds(["merge", scene.RecipePath, scene["out"], "--overwrite", .. way]);
            Assert.True(expected == FolderContent.Of(scene["out"]), string.Join(' ', way));
        }
    }

    [Fact]
    public void Memory_StaysWithinItsBound() => MeasureMemory(300_000_000, "128MiB", 128L << 20);

    [Fact]
    [Trait("Tier", "slow")]
    public void Memory_OfAThreeGigabyteTensor_StaysWithinItsBound() =>
        MeasureMemory(3_000_000_000, "256MiB", 256L << 20);

    // Inputs whose data is a hole take no disk; the output is not written.
    static void MeasureMemory(long tensorBytes, string memory, long bytes)
    {
        const long RuntimeBytes = 96 << 20;
        using var temp = new TempFolder();
        foreach (var model in (string[])["base", "a", "b", "c"])
        {
            var header = SafetensorsFile.Header([("model.layers.0.mlp.w", "BF16", [tensorBytes / 2048, 1024])]);
            using var file = File.Create(temp[$"{model}/model.safetensors"]);
            file.Write(header);
            file.SetLength(header.Length + tensorBytes / 2048 * 2048);
        }
        File.WriteAllText(temp["recipe.yml"], $$"""
            merge_method: ties
            base_model: {{temp["base"]}}
            models:
              - model: {{temp["a"]}}
              - model: {{temp["b"]}}
              - model: {{temp["c"]}}
            parameters: {weight: 1, density: 0.5}

            """);
        var peak = PeakOf(
            "merge", temp["recipe.yml"], temp["out"], "--memory", memory, "--sink", "hash");
        Assert.InRange(peak, 1, bytes + RuntimeBytes);
    }
}
