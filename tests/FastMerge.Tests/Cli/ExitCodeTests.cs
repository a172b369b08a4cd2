using FastMerge.Core;

namespace FastMerge.Tests.Cli;

public class ExitCodeTests
{
    public static TheoryData<FailureKind, string> Kinds => new()
    {
        { FailureKind.Bug, "bug" }, { FailureKind.Usage, "usage" }, { FailureKind.Recipe, "recipe" },
        { FailureKind.Input, "input" }, { FailureKind.Plan, "plan" }, { FailureKind.Resources, "resources" },
        { FailureKind.Io, "io" }, { FailureKind.Verification, "verification" },
        { FailureKind.OutputInUse, "output_in_use" }, { FailureKind.InputChanged, "input_changed" },
        { FailureKind.NonFinite, "non_finite" }, { FailureKind.DeviceLost, "device_lost" },
        { FailureKind.Interrupted, "interrupted" }, { FailureKind.Terminated, "terminated" },
    };

    [Fact]
    public void Kinds_AreAllTested() => Assert.Equal(Enum.GetValues<FailureKind>().Length, Kinds.Count);

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Failure_IsItsKindsExitCode(FailureKind kind, string name)
    {
        var failure = new FastMergeException(kind, "recipe.yml:3: what is wrong");
        var plain = await CliRun.Of(new FakeService { Failure = failure }, "merge", "r", "o");
        Assert.Equal((int)kind, plain.Exit);
        Assert.Equal("error: recipe.yml:3: what is wrong", Assert.Single(plain.ErrorLines));
        Assert.Empty(plain.Out);

        var json = await CliRun.Of(new FakeService { Failure = failure }, "merge", "r", "o", "--json");
        Assert.Equal((int)kind, json.Exit);
        var error = Assert.Single(json.Json);
        Assert.Equal("error", error.GetProperty("event").GetString());
        Assert.Equal(name, error.GetProperty("kind").GetString());
        Assert.Equal((int)kind, error.GetProperty("exit").GetInt32());
        Assert.Equal("recipe.yml:3: what is wrong", error.GetProperty("message").GetString());
        Assert.Equal("error: recipe.yml:3: what is wrong", Assert.Single(json.ErrorLines));
    }

    [Fact]
    public async Task UnknownException_IsADefectInOneLine()
    {
        var service = new FakeService { Failure = new InvalidOperationException("a\nb") };
        var run = await CliRun.Of(service, "merge", "r", "o");
        Assert.Equal(1, run.Exit);
        Assert.Contains("defect of FastMerge: InvalidOperationException: a b", Assert.Single(run.ErrorLines));
        Assert.Contains("FASTMERGE_DEBUG=1", run.Error);
    }

    [Fact]
    public async Task Debug_PrintsTheStack()
    {
        var run = await CliRun.Of(new FakeService { Failure = new InvalidOperationException("broken") },
            t => t with { Variable = name => name == "FASTMERGE_DEBUG" ? "1" : null }, "merge", "r", "o");
        Assert.Equal(1, run.Exit);
        Assert.Contains("   at ", run.Error);
    }

    [Fact]
    public async Task Cancellation_Is130AndSaysHowToGoOn()
    {
        var run = await CliRun.Of(new FakeService { Failure = new OperationCanceledException() }, "merge", "r", "o");
        Assert.Equal(130, run.Exit);
        Assert.Equal(
            "error: interrupted; what is written is kept: the same command with --resume goes on",
            Assert.Single(run.ErrorLines));
    }

    [Fact]
    public async Task Cancellation_WithoutFolder_HasNothingToResume()
    {
        var service = new FakeService { Failure = new OperationCanceledException() };
        var run = await CliRun.Of(service, "merge", "r", "--sink", "null");
        Assert.Equal("error: interrupted", Assert.Single(run.ErrorLines));
    }

    [Fact]
    public async Task RefusalAfterThePlan_IsStillOneLine()
    {
        var service = new FakeService
        {
            Failure = new FastMergeException(FailureKind.Usage, "output 'o' is not empty"),
            Events = [new PlannedEvent(Samples.Plan with { Warnings = [] })],
        };
        var run = await CliRun.Of(service, "merge", "r", "o");
        Assert.Equal("error: output 'o' is not empty", Assert.Single(run.ErrorLines));
    }

    [Fact]
    public async Task NoArguments_IsUsageOnStderr()
    {
        var run = await CliRun.Of();
        Assert.Equal(2, run.Exit);
        Assert.Empty(run.Out);
        Assert.Contains("Usage", run.Error);
    }

    [Fact]
    public async Task UsageError_WithJson_IsAnEvent()
    {
        var run = await CliRun.Of("merge", "r", "o", "--threads", "x", "--json");
        Assert.Equal(2, run.Exit);
        Assert.Equal("usage", Assert.Single(run.Json).GetProperty("kind").GetString());
    }
}
