using FastMerge.Core;

namespace FastMerge.Tests.Cli;

public class ParsingTests
{
    static async Task<MergeOptions> Options(params string[] args)
    {
        var run = await CliRun.Of(["merge", "r.yml", "out", .. args]);
        Assert.True(run.Exit == 0, run.Error);
        return run.Service.Options!;
    }

    [Fact]
    public async Task Merge_Defaults_AreTheLibrarys()
    {
        var run = await CliRun.Of("merge", "r.yml", "out");
        Assert.Equal(0, run.Exit);
        Assert.Equal(new MergeOptions(), run.Service.Options);
        Assert.Equal("r.yml", run.Service.Recipe!.Name);
        Assert.Null(run.Service.Recipe.Text);
        Assert.Equal("out", run.Service.Output);
        Assert.True(run.Service.Merged);
    }

    [Fact]
    public async Task Merge_EachOption_ReachesTheLibrary()
    {
        Assert.Equal(3, (await Options("--threads", "3")).Threads);
        Assert.Equal(5, (await Options("-j", "5")).Threads);
        Assert.Equal(256L << 20, (await Options("--memory", "256MiB")).MemoryBytes);
        Assert.Equal(65536, (await Options("--chunk-size", "64KiB")).ChunkBytes);
        Assert.Equal(ulong.MaxValue, (await Options("--seed", "18446744073709551615")).Seed);
        Assert.Equal(2_000_000_000, (await Options("--shard-size=2GB")).ShardBytes);
        Assert.Equal(InputMode.Read, (await Options("--io", "read")).Input);
        Assert.Equal(InputMode.Direct, (await Options("--io", "direct")).Input);
        Assert.Equal(InputMode.Mapped, (await Options("--io", "mmap")).Input);
        Assert.Equal(50_000_000, (await Options("--io-rate", "50MB/s")).WriteBytesPerSecond);
        Assert.Equal(50_000_000, (await Options("--io-rate", "50MB")).WriteBytesPerSecond);
        Assert.True((await Options("--resume")).Resume);
        Assert.True((await Options("--overwrite")).Overwrite);
        Assert.True((await Options("--strict")).Strict);
        Assert.True((await Options("--lenient")).Lenient);
        Assert.True((await Options("--sha256")).Sha256);
        Assert.True((await Options("--interpret")).Interpret);
        Assert.Equal(NonFinitePolicy.Error, (await Options("--non-finite", "error")).NonFinite);
        Assert.Equal(NonFinitePolicy.Zero, (await Options("--non-finite", "zero")).NonFinite);
        Assert.Equal(
            new MergeOptions { Backend = Backend.Cpu }, await Options("--backend", "cpu", "--device", "0"));
        Assert.Equal(
            new MergeOptions { Backend = Backend.OpenCl, Device = 2 },
            await Options("--backend", "opencl", "--device", "2"));
        Assert.Equal(new MergeOptions(), await Options("--backend", "auto"));
    }

    [Theory]
    [InlineData("null", OutputSink.Null)]
    [InlineData("hash", OutputSink.Hash)]
    public async Task Merge_OtherSink_NeedsNoFolder(string sink, OutputSink expected)
    {
        var run = await CliRun.Of("merge", "r.yml", "--sink", sink);
        Assert.Equal(0, run.Exit);
        Assert.Equal(expected, run.Service.Options!.Sink);
        Assert.Null(run.Service.Output);
    }

    [Fact]
    public async Task Merge_OtherSinkWithFolder_SaysThatTheFolderIsNotWritten()
    {
        var run = await CliRun.Of("merge", "r.yml", "out", "--sink", "null");
        Assert.Equal(0, run.Exit);
        Assert.Null(run.Service.Output);
        Assert.Contains("warning: out is not written", run.Error);
    }

    [Fact]
    public async Task Merge_DryRun_PlansOnly()
    {
        var run = await CliRun.Of("merge", "r.yml", "out", "--dry-run");
        Assert.Equal(0, run.Exit);
        Assert.False(run.Service.Merged);
        Assert.Contains("select, map", run.Out);
    }

    [Fact]
    public async Task Merge_AfterDoubleDash_NamesMayStartWithADash()
    {
        var run = await CliRun.Of("merge", "--", "-r.yml", "-out");
        Assert.Equal(0, run.Exit);
        Assert.Equal("-r.yml", run.Service.Recipe!.Name);
        Assert.Equal("-out", run.Service.Output);
    }

    [Fact]
    public async Task Merge_NameThatStartsWithAt_IsAFileName()
    {
        var run = await CliRun.Of("merge", "@r.yml", "out");
        Assert.Equal("@r.yml", run.Service.Recipe!.Name);
    }

    [Theory]
    [InlineData("merge", "merge needs RECIPE")]
    [InlineData("merge r.yml", "merge needs OUT")]
    [InlineData("merge r.yml out more", "'more'")]
    [InlineData("plan", "plan needs RECIPE")]
    [InlineData("mrege r.yml out", "'mrege' (the nearest is merge)")]
    [InlineData("frobnicate", "commands are merge, plan")]
    [InlineData("merge r.yml out --thread 4", "--thread (the nearest is --threads)")]
    [InlineData("merge --thread 4 r.yml out", "--thread (the nearest is --threads)")]
    [InlineData("merge r.yml out --shard_size=4GB", "--shard_size (the nearest is --shard-size)")]
    [InlineData("merge r.yml out --wat", "no option --wat")]
    [InlineData("--resume merge r.yml out", "--resume belongs after the command")]
    [InlineData("merge r.yml out --threads 0", "--threads: '0' is not accepted; use a whole number from 1")]
    [InlineData("merge r.yml out --threads=-1", "--threads: '-1'")]
    [InlineData("merge r.yml out --threads many", "--threads: 'many'")]
    [InlineData("merge r.yml out --seed -1", "--seed: '-1' is not accepted")]
    [InlineData("merge r.yml out --seed 1e3", "--seed: '1e3' is not accepted")]
    [InlineData("merge r.yml out --memory lots", "--memory: 'lots' is not accepted; use a size such as 5GB")]
    [InlineData("merge r.yml out --memory 0", "--memory: '0'")]
    [InlineData("merge r.yml out --memory -1GB", "--memory: '-1GB'")]
    [InlineData("merge r.yml out --memory", "--memory needs a value")]
    [InlineData("merge r.yml out --memory 1GB --memory 2GB", "--memory is given 2 times")]
    [InlineData("merge r.yml out --shard-size NaN", "--shard-size: 'NaN'")]
    [InlineData("merge r.yml out --io-rate fast", "--io-rate: 'fast'")]
    [InlineData("merge r.yml out --chunk-size 100000", "--chunk-size: '100000' is not accepted; use a power of two")]
    [InlineData("merge r.yml out --chunk-size 32KiB", "--chunk-size: '32KiB'")]
    [InlineData("merge r.yml out --io pigeon", "--io: 'pigeon' is not accepted; use mmap, read, direct")]
    [InlineData("merge r.yml out --sink bin", "--sink: 'bin'")]
    [InlineData("merge r.yml out --color blue", "--color: 'blue'")]
    [InlineData("merge r.yml out --non-finite panic", "--non-finite: 'panic'")]
    [InlineData("merge r.yml out --backend cuda --device -1", "--device '-1' is not accepted; use the number")]
    [InlineData("merge r.yml out --backend opencl --device x", "--device 'x' is not accepted; use the number")]
    [InlineData("merge r.yml out --backend tpu", "--backend: 'tpu' is not accepted; use auto, cpu, cuda, opencl")]
    [InlineData("merge r.yml out --device cuda", "--device 'cuda' is not accepted; use 0")]
    [InlineData("merge r.yml out --device 1", "--device '1' is not accepted; use 0")]
    [InlineData("merge r.yml out --resume --overwrite", "--resume keeps what --overwrite deletes")]
    [InlineData("methods tiess", "'tiess' (the nearest is ties)")]
    [InlineData("methods zzzzzz", "methods are arcee_fusion")]
    [InlineData("mergekit-yaml c.yml", "mergekit-yaml needs OUT")]
    [InlineData("mergekit-yaml c.yml out --frobnicate", "no option --frobnicate")]
    [InlineData("mergekit-yaml c.yml out --out-shard-size big", "--out-shard-size: 'big'")]
    public async Task BadCommandLine_IsOneLineAndExit2(string line, string expected)
    {
        var run = await CliRun.Of(line.Split(' '));
        Assert.Equal(2, run.Exit);
        Assert.StartsWith("error: ", Assert.Single(run.ErrorLines));
        Assert.Contains(expected, run.Error);
        Assert.Empty(run.Out);
        Assert.False(run.Service.Merged);
    }

    [Fact]
    public async Task BadValue_WithControlCharacters_IsEscaped()
    {
        var run = await CliRun.Of("merge", "r.yml", "out", "--memory", "\u001b[31mred\nline");
        Assert.Equal(2, run.Exit);
        Assert.DoesNotContain('\u001b', run.Error);
        Assert.Single(run.ErrorLines);
    }
}
