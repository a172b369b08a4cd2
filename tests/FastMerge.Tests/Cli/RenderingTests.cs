using FastMerge.Cli;
using FastMerge.Cli.Rendering;
using FastMerge.Core;

namespace FastMerge.Tests.Cli;

public class RenderingTests
{
    static readonly FakeService Busy = new()
    {
        Events = [new PlannedEvent(Samples.Plan), Samples.Progress, new WarningEvent("a \u001b[2Jtrick")],
    };

    [Fact]
    public async Task Plan_ShowsEverything()
    {
        var run = await CliRun.Of("plan", "r.yml", "out");
        Assert.Equal(0, run.Exit);
        Assert.Empty(run.Error);
        foreach (var text in new[]
        {
            "ties", "models/base", "models/a", "291 tensors", "6.74 B parameters", "13.5 GB in 2 files",
            "40.4 GB to read", "1.20 GB at most, of 4.00 GB", "4.19 MB",
            "13.5 GB needed, 120 GB free", "cpu, 2 threads; seed 7",
            "select, map", "226", "model-00001-of-00002.safetensors", "200", "9.00 GB",
            "warning: rows 31999 to 32000 are cut", "names    llama", "stages   middle",
            "model.layers.{0-31}.mlp.up", "ties (copy)", "weight=0.5,0.1..0.9",
            "middle: ties, select over the model", "6.48 B", "77.7 GB", "metagpt, reduce over the model", "266,240",
        })
            Assert.Contains(text, run.Out);
    }

    [Fact]
    public async Task Plan_Tensors_ListsEach()
    {
        var run = await CliRun.Of("plan", "r.yml", "--tensors");
        foreach (var text in new[]
        {
            "middle: model.layers.0.mlp.up\\u202e", "BF16", "[2, 3]", "weight=0.5,0.25 normalize=true",
            "models/base (base), models/a other",
        })
            Assert.Contains(text, run.Out);
    }

    [Fact]
    public async Task Plan_WithoutRoom_SaysSo()
    {
        var plan = Samples.Plan with { Disk = new(2, 1) };
        var run = await CliRun.Of(new FakeService { PlanResult = plan }, "plan", "r.yml", "out");
        Assert.Contains("(not enough)", run.Out);
    }

    [Fact]
    public async Task Names_AreEscapedEverywhere()
    {
        foreach (var args in new[]
        {
            "plan r", "plan r --tensors", "merge r o", "merge r o --json", "plan r --json", "inspect m --tensors",
            "inspect m --tensors --json",
        })
        {
            var run = await CliRun.Of(Busy, args.Split(' '));
            Assert.DoesNotContain('\u001b', run.Out + run.Error);
            Assert.DoesNotContain('\u202e', run.Out + run.Error);
        }
    }

    [Fact]
    public async Task Merge_NarratesOnStderrAndReportsOnStdout()
    {
        var run = await CliRun.Of(Busy, "merge", "r", "o");
        Assert.Equal(
            "done: 291 tensors, 13.5 GB in 12.5 s, 4.31 GB/s read and written, seed 7: merged",
            Assert.Single(run.OutLines));
        Assert.Contains("ties of 2 models and base models/base", run.Error);
        Assert.Contains("seed 7", run.Error);
        Assert.Contains("warning: a \\u001b[2Jtrick", run.Error);
        Assert.Contains("warning: rows 31999 to 32000 are cut", run.Error);
        Assert.Contains("warning: lm_head.weight: 3 NaN or Inf in the inputs", run.Error);
    }

    [Fact]
    public async Task Merge_SameWarningTwice_IsShownOnce()
    {
        var service = new FakeService
        {
            Events = [new WarningEvent("twice"), new WarningEvent("twice")],
            Report = Samples.Report with { Warnings = ["twice"] },
        };
        Assert.Single((await CliRun.Of(service, "merge", "r", "o")).ErrorLines, l => l == "warning: twice");
        Assert.Single((await CliRun.Of(service, "merge", "r", "o", "--json")).OutLines, l => l.Contains("\"warning\""));
    }

    [Fact]
    public async Task Merge_Quiet_LeavesWarningsOnly()
    {
        var run = await CliRun.Of(Busy, "merge", "r", "o", "--quiet");
        Assert.Empty(run.Out);
        Assert.All(run.ErrorLines, line => Assert.StartsWith("warning: ", line));
    }

    [Fact]
    public async Task Merge_Hash_IsTheFirstLine()
    {
        var service = new FakeService { Report = Samples.Report with { Hash = "00ff", Output = null } };
        Assert.Equal("00ff", (await CliRun.Of(service, "merge", "r", "--sink", "hash")).OutLines[0]);
        Assert.Equal(["00ff"], (await CliRun.Of(service, "merge", "r", "--sink", "hash", "-q")).OutLines);
    }

    [Fact]
    public async Task Merge_AlreadyComplete_SaysSo()
    {
        var service = new FakeService { Report = Samples.Report with { AlreadyComplete = true } };
        var run = await CliRun.Of(service, "merge", "r", "o");
        Assert.Equal("merged already holds this merge; nothing was done", run.OutLines[0]);
    }

    [Fact]
    public async Task Merge_Resumed_SaysWhatWasKept()
    {
        var service = new FakeService { Report = Samples.Report with { KeptBytes = 5_000_000_000 } };
        Assert.Contains("(5.00 GB of them kept)", (await CliRun.Of(service, "merge", "r", "o")).Out);
    }

    [Fact]
    public async Task Colors_FollowTerminalOptionAndEnvironment()
    {
        async Task<bool> IsColored(bool terminal, string? noColor, params string[] args) => (await CliRun.Of(
            new FakeService(),
            t => t with { OutIsTerminal = terminal, Variable = name => name == "NO_COLOR" ? noColor : null },
            ["plan", "r", .. args])).Out.Contains("\u001b[");

        Assert.False(await IsColored(false, null));
        Assert.True(await IsColored(true, null));
        Assert.False(await IsColored(true, "1"));
        Assert.True(await IsColored(true, ""));
        Assert.False(await IsColored(true, null, "--color", "never"));
        Assert.True(await IsColored(false, "1", "--color", "always"));
        Assert.False(await IsColored(true, null, "--json"));
    }

    [Fact]
    public async Task Bar_OnATerminal_ShowsBytesRateAndTimeLeft()
    {
        var run = await CliRun.Of(Busy, t => t with { ErrorIsTerminal = true }, "merge", "r", "o");
        Assert.Equal(0, run.Exit);
        Assert.Contains("3.00 GB of 13.5 GB (22 %), 4.00 GB/s, 10.0 s left", run.Error);
        Assert.Contains("warning:", run.Error);
        Assert.DoesNotContain("\u001b[2J", run.Error);
        Assert.StartsWith("done:", Assert.Single(run.OutLines));
    }

    [Fact]
    public async Task Bar_Failure_KeepsItsExitCode()
    {
        var failure = new FastMergeException(FailureKind.Io, "disk full");
        var service = new FakeService { Failure = failure, Events = Busy.Events };
        var run = await CliRun.Of(service, t => t with { ErrorIsTerminal = true }, "merge", "r", "o");
        Assert.Equal(7, run.Exit);
        Assert.Contains("disk full", run.Error);
    }

    [Theory]
    [InlineData("NO_BAR", false)]
    [InlineData("TERM", true)]
    public async Task Bar_OnADumbTerminal_IsOff(string variable, bool isOff)
    {
        var run = await CliRun.Of(
            Busy, t => t with { ErrorIsTerminal = true, Variable = n => n == variable ? "dumb" : null },
            "merge", "r", "o");
        Assert.Equal(isOff, !run.Error.Contains("22 %"));
    }

    [Fact]
    public void Lines_ComeAtMostEveryTenSeconds()
    {
        var (error, clock) = (new StringWriter(), new ManualTime());
        var terminal = new Terminal { Out = TextWriter.Null, Error = error };
        var session = new Session(terminal, new FakeService(), ColorMode.Auto, json: false, quiet: false);
        var display = new LineMergeDisplay(session, clock);
        for (var second = 0; second <= 25; second++)
        {
            display.Report(Samples.Progress);
            clock.Now += TimeSpan.FromSeconds(1);
        }
        Assert.Equal(2, error.ToString().Split("22 %").Length - 1);
    }

    [Fact]
    public void Hashing_IsToldEveryTenSeconds()
    {
        var (error, clock) = (new StringWriter(), new ManualTime());
        var terminal = new Terminal { Out = TextWriter.Null, Error = error };
        var narrator = new HashNarrator(new Session(terminal, new FakeService(), ColorMode.Auto, false, false), clock);
        for (var second = 0; second < 15; second++)
        {
            clock.Now += TimeSpan.FromSeconds(1);
            narrator.Add(1_000_000_000);
        }
        Assert.Equal("10.0 GB hashed, 1.00 GB/s\n", error.ToString());
    }

    [Theory]
    [InlineData(0.842, "0.84 s")]
    [InlineData(12.34, "12.3 s")]
    [InlineData(185, "3 min 5 s")]
    [InlineData(4320, "1 h 12 min")]
    public void Time_IsReadable(double seconds, string expected) =>
        Assert.Equal(expected, Display.Time(TimeSpan.FromSeconds(seconds)));

    [Fact]
    public async Task Inspect_ShowsTotalsFilesAndTensors()
    {
        var run = await CliRun.Of("inspect", "org/name");
        foreach (var text in new[]
        {
            "org/name", "/hub/snapshots/1", "0123456789abcdef", "LlamaForCausalLM", "2 tensors", "1.10 B parameters",
            "BF16", "F32", "model.safetensors", "201",
        })
            Assert.Contains(text, run.Out);
        Assert.DoesNotContain("model.norm.weight", run.Out);
        Assert.Contains("warning: metadata.total_size is missing", run.Error);
        var rows = (await CliRun.Of("inspect", "org/name", "--tensors")).OutLines;
        Assert.Contains(rows, l => l.StartsWith("model.norm.weight") && l.Contains("[24]") && l.Contains("96 B"));
    }

    [Fact]
    public async Task Verify_Good_SaysWhatWasChecked()
    {
        var run = await CliRun.Of("verify", "o");
        Assert.Equal(0, run.Exit);
        Assert.Equal("good: all hashes match (2.00 GB in 2.00 s)", run.OutLines[^1]);
        Assert.Contains("warning: 'old.safetensors'", run.Error);
    }

    [Fact]
    public async Task Verify_WithoutLock_SaysWhatWasNotChecked()
    {
        var service = new FakeService { Verification = Samples.Verification with { HasLock = false } };
        Assert.Contains("there is no lock", (await CliRun.Of(service, "verify", "o")).Out);
    }

    [Fact]
    public async Task Verify_Bad_NamesTheFile()
    {
        var run = await CliRun.Of(new FakeService { Verification = Samples.Bad }, "verify", "o");
        Assert.Equal(8, run.Exit);
        Assert.Contains(
            "error: o: 1 of 2 files differ from what was merged; the first is model.safetensors: it is missing",
            run.Error);
        Assert.DoesNotContain("good:", run.Out);
    }

    [Fact]
    public async Task Methods_Table_NamesAll()
    {
        var run = await CliRun.Of("methods");
        Assert.Equal(Catalog.Methods.Count + 1, run.OutLines.Length);
        foreach (var method in Catalog.Methods) Assert.Contains(run.OutLines, l => l.StartsWith(method.Name + " "));
    }

    [Fact]
    public async Task Methods_One_ShowsParameters()
    {
        var run = await CliRun.Of("methods", "ties");
        Assert.Contains("arXiv:2306.01708", run.Out);
        foreach (var parameter in Catalog.Methods.First(m => m.Name == "ties").Parameters)
            Assert.Contains(run.OutLines, l => l.StartsWith(parameter.Name + " "));
    }

    [Fact]
    public async Task Bench_ShowsRatesAndRatios()
    {
        var run = await CliRun.Of("bench", "--folder", "/data", "-j", "2");
        Assert.Equal(new BenchmarkOptions { Folder = "/data", Threads = 2 }, run.Service.BenchOptions);
        Assert.Matches(@"^memory +copy +2 +40\.0 GB/s$", run.OutLines[1]);
        Assert.Matches(@"^map +ties +2 +36\.0 GB/s +0\.90$", run.OutLines[2]);
    }

    [Fact]
    public async Task Devices_SayWhyOneIsMissing()
    {
        var run = await CliRun.Of("devices");
        Assert.Contains(run.OutLines, l => l.StartsWith("cpu") && l.Contains("x86-64-v4 (also x86-64-v3)"));
        Assert.Contains(run.OutLines, l => l.StartsWith("cuda") && l.Contains("not part of this version"));
    }

    [Fact]
    public async Task Version_NamesTheInstructionSet() =>
        Assert.Matches(@"^fastmerge \d+\.\d+\.\d+ \(x86-64-v4\)\n$", (await CliRun.Of("--version")).Out);

    sealed class ManualTime : TimeProvider
    {
        public TimeSpan Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }
}
