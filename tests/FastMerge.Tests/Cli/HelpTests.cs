using FastMerge.Cli;

namespace FastMerge.Tests.Cli;

public class HelpTests
{
    public static TheoryData<string> Commands =>
        [.. NewApplication().Commands.Select(c => c.Name)];

    static Application NewApplication() =>
        new(new Terminal { Out = TextWriter.Null, Error = TextWriter.Null }, new FakeService());

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Command_ExplainsItself(string name)
    {
        var run = await CliRun.Of(name, "--help");
        Assert.Equal(0, run.Exit);
        Assert.Empty(run.Error);
        Assert.Contains($"  fastmerge {name}", run.Out);
        Assert.Matches(@"\nExamples?\n", run.Out);
        Assert.All(run.OutLines, line => Assert.True(line.Length <= 100, line));
        Assert.DoesNotContain("--chunk-size", run.Out);
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Command_EveryOptionHasAHeadingAndAWord(string name)
    {
        var command = NewApplication().Commands.Single(c => c.Name == name);
        var help = (await CliRun.Of(name, "-h")).Out;
        Assert.Equal(command.Options.Count, command.Groups.Sum(g => g.Options.Count));
        foreach (var option in command.Options.Where(o => !o.Hidden)) Assert.Contains($"{option.Name}", help);
        Assert.All(command.Options, o => Assert.False(string.IsNullOrWhiteSpace(o.Description)));
    }

    [Fact]
    public async Task Program_ListsCommandsAndExitCodes()
    {
        var run = await CliRun.Of("--help");
        foreach (var name in Commands) Assert.Contains($"  {name} ", run.Out);
        foreach (var kind in Enum.GetValues<Core.FailureKind>())
            Assert.Matches($@"[\s,]{(int)kind}\s", run.Out);
    }

    [Fact]
    public async Task Usage_ShowsWhichArgumentsMayBeMissingOrMany()
    {
        Assert.Contains("  fastmerge plan RECIPE [OUT] [OPTIONS]", (await CliRun.Of("plan", "--help")).Out);
        Assert.Contains("  fastmerge recipe ACTION [RECIPE...] [OPTIONS]", (await CliRun.Of("recipe", "--help")).Out);
    }

    [Fact]
    public async Task Help_WinsOverErrors() =>
        Assert.Equal(0, (await CliRun.Of("merge", "--threads", "x", "--help")).Exit);
}
