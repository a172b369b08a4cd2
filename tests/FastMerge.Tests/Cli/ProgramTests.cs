using System.Diagnostics;
using System.Text.Json;
using FastMerge.Testing;
using FastMerge.Testing.Processes;

namespace FastMerge.Tests.Cli;

/// <summary>The built program, as a shell sees it.</summary>
public class ProgramTests
{
    static readonly string Model = RepositoryFolder.Combine("tests", "golden", "mergekit", "inputs", "pub_t48", "ft1");

    [Theory]
    [InlineData("--help")]
    [InlineData("methods")]
    [Trait("Tier", "slow")]
    public void Start_TakesAQuarterSecondAtMost(string argument)
    {
        var best = TimeSpan.MaxValue;
        for (var i = 0; i < 10; i++)
        {
            var watch = Stopwatch.StartNew();
            Assert.Equal(0, ProgramRun.Run(argument).ExitCode);
            if (watch.Elapsed < best) best = watch.Elapsed;
        }
        Assert.True(best < TimeSpan.FromSeconds(0.25), $"{argument} took {best}");
    }

    [Fact]
    public void Inspect_ToAPipe_IsPlainText()
    {
        var result = ProgramRun.Run("inspect", Model, "--tensors");
        Assert.Equal((0, ""), (result.ExitCode, result.Errors));
        Assert.DoesNotContain('\u001b', result.Output);
        Assert.Contains("lm_head.weight", result.Output);
    }

    [Fact]
    public void Json_IsAllThatStdoutCarries()
    {
        var result = ProgramRun.Run("inspect", Model, "--tensors", "--json");
        Assert.Equal(0, result.ExitCode);
        var events = result.Output.TrimEnd('\n').Split('\n')
            .Select(line => JsonDocument.Parse(line).RootElement.GetProperty("event").GetString()).ToArray();
        Assert.Equal("checkpoint", events[0]);
        Assert.True(events.Length > 10);
    }

    [Fact]
    public void Devices_NameTheCpu() =>
        Assert.Matches(@"\ncpu +yes +\d+ +(x86-64-v|aarch64)", ProgramRun.Run("devices").Output);

    [Fact]
    public void Version_IsOneLine() =>
        Assert.Matches(@"^fastmerge \d+\.\d+\.\d+ \(\S+\)\n$", ProgramRun.Run("--version").Output);

    [Fact]
    public void UsageError_Is2() => Assert.Equal(2, ProgramRun.Run("merge", "--frobnicate").ExitCode);

    [Fact]
    public void MissingModel_Is4() => Assert.Equal(4, ProgramRun.Run("inspect", "/no/such/model").ExitCode);
}
