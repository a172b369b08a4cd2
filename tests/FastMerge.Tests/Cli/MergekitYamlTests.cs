namespace FastMerge.Tests.Cli;

public class MergekitYamlTests
{
    static async Task<CliRun> Run(params string[] args)
    {
        var run = await CliRun.Of(["mergekit-yaml", "c.yml", "out", .. args]);
        Assert.True(run.Exit == 0, run.Error);
        return run;
    }

    [Fact]
    public async Task Flags_ThatMeanSomething_ReachTheLibrary()
    {
        var run = await Run("--random-seed", "7", "-j", "3", "--out-shard-size", "2B");
        Assert.Equal(new MergeOptions { Seed = 7, Threads = 3, ShardBytes = 2_000_000_000 }, run.Service.Options);
        Assert.Equal(("c.yml", "out"), (run.Service.Recipe!.Name, run.Service.Output));
    }

    [Theory]
    [InlineData("5B", 5_000_000_000)]
    [InlineData("5b", 5_000_000_000)]
    [InlineData("500M", 500_000_000)]
    [InlineData("250k", 250_000)]
    [InlineData("1.5b", 1_500_000_000)]
    [InlineData("123456", 123_456)]
    [InlineData("5GB", 5_000_000_000)]
    [InlineData("1GiB", 1L << 30)]
    [InlineData("0", long.MaxValue)]
    public async Task ShardSize_IsReadAsMergekitDoes(string text, long bytes) =>
        Assert.Equal(bytes, (await Run("--out-shard-size", text)).Service.Options!.ShardBytes);

    [Theory]
    [InlineData("--cuda")]
    [InlineData("--low-cpu-memory")]
    [InlineData("--lazy-unpickle")]
    [InlineData("--allow-crimes")]
    [InlineData("--copy-tokenizer")]
    [InlineData("--no-copy-tokenizer")]
    [InlineData("--clone-tensors")]
    [InlineData("--trust-remote-code")]
    [InlineData("--write-model-card")]
    [InlineData("--no-write-model-card")]
    [InlineData("--safe-serialization")]
    [InlineData("--read-to-gpu")]
    [InlineData("--multi-gpu")]
    [InlineData("--gpu-rich")]
    [InlineData("--async-write")]
    [InlineData("--verbose")]
    [InlineData("--write-threads", "4")]
    [InlineData("--transformers-cache", "/tmp/x")]
    [InlineData("--lora-merge-cache", "/tmp/x")]
    [InlineData("--lora-merge-dtype", "float32")]
    [InlineData("--device", "cuda:0")]
    public async Task Flags_WithoutEffect_AreSaidOnce(params string[] args)
    {
        var run = await Run(args);
        Assert.Equal(new MergeOptions(), run.Service.Options);
        Assert.Single(run.ErrorLines, line => line.StartsWith($"warning: {args[0]} ") && line.Contains("no effect"));
    }

    [Theory]
    [InlineData("cpu")]
    [InlineData("auto")]
    public async Task Device_ThatIsTheCpu_IsNothingToSay(string device) =>
        Assert.DoesNotContain("no effect", (await Run("--device", device)).Error);
}
