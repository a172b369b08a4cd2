using FastMerge.Core;

namespace FastMerge.Tests.Cli;

public class ExtractLoraCommandTests
{
    [Fact]
    public async Task Options_ReachTheLibrary()
    {
        var run = await CliRun.Of("extract-lora", "m", "o", "--base", "b", "--energy", "0.9", "--max-rank", "8",
            "--include", "q", "--include", "k", "--exclude", "x", "--embed", "--full", "--dtype", "bfloat16",
            "--seed", "7", "--threads", "3", "--memory", "1GiB", "--io", "read", "--overwrite");
        Assert.Equal(0, run.Exit);
        Assert.Equivalent(new ExtractOptions
        {
            Energy = 0.9, MaxRank = 8, Include = ["q", "k"], Exclude = ["x"], Embeddings = true, Full = true,
            DType = DType.BF16, Seed = 7, Threads = 3, MemoryBytes = 1 << 30, Input = InputMode.Read, Overwrite = true,
        }, run.Service.ExtractOptions);
    }

    [Fact]
    public async Task Defaults() => Assert.Equivalent(
        new ExtractOptions(), (await CliRun.Of("extract-lora", "m", "o", "--base", "b")).Service.ExtractOptions);

    [Theory]
    [InlineData("--base is missing", "m", "o")]
    [InlineData("--energy", "m", "o", "--base", "b", "--energy", "1.5")]
    [InlineData("--rank", "m", "o", "--base", "b", "--rank", "0")]
    [InlineData("--dtype", "m", "o", "--base", "b", "--dtype", "int8")]
    public async Task WrongValues_AreUsage(string mention, params string[] args)
    {
        var run = await CliRun.Of(["extract-lora", .. args]);
        Assert.Equal(2, run.Exit);
        Assert.Contains(mention, Assert.Single(run.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Report_ForPeopleAndPrograms()
    {
        var run = await CliRun.Of("extract-lora", "m", "o", "--base", "b");
        Assert.Contains("2 modules of rank 4 to 8, 1 tensor saved whole", run.Out, StringComparison.Ordinal);
        Assert.Contains("68.75 %", run.Out, StringComparison.Ordinal);
        Assert.Contains("q\\u001b_proj", run.Out, StringComparison.Ordinal);
        Assert.Contains("warning: odd", run.Error, StringComparison.Ordinal);
        var json = await CliRun.Of("extract-lora", "m", "o", "--base", "b", "--json");
        Assert.Contains("\"event\":\"extracted_module\"", json.OutLines[0].Replace(" ", "", StringComparison.Ordinal),
            StringComparison.Ordinal);
        Assert.Equal(4, json.OutLines.Length);
    }
}
