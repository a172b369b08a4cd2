using System.Text.Json;
using FastMerge.Testing;

namespace FastMerge.Tests.Cli;

public class JsonTests
{
    static readonly string Documentation = File.ReadAllText(
        RepositoryFolder.Combine("src", "FastMerge.Cli", "README.md"));

    static FakeService Busy => new()
    {
        Events = [new PlannedEvent(Samples.Plan), Samples.Progress, new WarningEvent("careful")],
    };

    [Fact]
    public async Task Merge_TellsItsStory()
    {
        var run = await CliRun.Of(Busy, "merge", "r", "o", "--json");
        Assert.Equal(0, run.Exit);
        Assert.Empty(run.Error);
        Assert.Equal(["plan", "warning", "progress", "warning", "warning", "done"],
            run.Json.Select(e => e.GetProperty("event").GetString()));
        var progress = run.Json[2];
        Assert.Equal(3_000_000_000, progress.GetProperty("output_bytes").GetInt64());
        Assert.Equal(13_476_831_232, progress.GetProperty("total_output_bytes").GetInt64());
        Assert.Equal(4_000_000_000, progress.GetProperty("bytes_per_second").GetInt64());
        Assert.Equal(10, progress.GetProperty("remaining_seconds").GetDouble());
        var done = run.Json[^1];
        Assert.Equal("merged", done.GetProperty("output").GetString());
        Assert.Equal(12.5, done.GetProperty("elapsed_seconds").GetDouble());
        Assert.Equal(3, done.GetProperty("non_finite")[0].GetProperty("inputs").GetInt64());
    }

    [Fact]
    public async Task Plan_IsOneObjectWithAllFigures()
    {
        var plan = Assert.Single((await CliRun.Of("plan", "r", "--json")).Json);
        Assert.Equal("plan", plan.GetProperty("event").GetString());
        Assert.Equal("models/b\u001b[31m", plan.GetProperty("models")[1].GetString());
        Assert.Equal(226, plan.GetProperty("groups")[0].GetProperty("tensors").GetInt32());
        Assert.Equal("middle", plan.GetProperty("phases")[0].GetProperty("stage").GetString());
        Assert.Equal("reduce", plan.GetProperty("phases")[1].GetProperty("pass").GetString());
        Assert.Equal(77_712_064_512, plan.GetProperty("phases")[0].GetProperty("input_bytes").GetInt64());
        Assert.Equal(4_476_831_232, plan.GetProperty("shards")[1].GetProperty("bytes").GetInt64());
        Assert.Equal(120_000_000_000, plan.GetProperty("disk").GetProperty("free_bytes").GetInt64());
    }

    [Fact]
    public async Task Plan_WithoutFolder_HasNoDisk()
    {
        var service = new FakeService { PlanResult = Samples.Plan with { Disk = null } };
        var plan = Assert.Single((await CliRun.Of(service, "plan", "r", "--json")).Json);
        Assert.Equal(JsonValueKind.Null, plan.GetProperty("disk").ValueKind);
    }

    [Fact]
    public async Task Inspect_IsOneObjectAndOneForEachTensor()
    {
        Assert.Single((await CliRun.Of("inspect", "m", "--json")).Json);
        var json = (await CliRun.Of("inspect", "m", "--json", "--tensors")).Json;
        Assert.Equal(["checkpoint", "tensor", "tensor"], json.Select(e => e.GetProperty("event").GetString()));
        Assert.Equal("pt", json[0].GetProperty("files")[0].GetProperty("metadata")[0].GetProperty("value").GetString());
        Assert.Equal("evil\u001b[2J\u202e", json[2].GetProperty("name").GetString());
        Assert.Equal(3, json[2].GetProperty("shape")[1].GetInt64());
        Assert.Equal(12, json[2].GetProperty("bytes").GetInt64());
    }

    [Fact]
    public async Task Plan_Tensors_AreEventsBeforeThePlan()
    {
        var run = await CliRun.Of(Busy, "plan", "r", "--tensors", "--json");
        Assert.Equal(["planned_tensor", "plan"], run.Json.Select(e => e.GetProperty("event").GetString()));
        Assert.Equal("other", run.Json[0].GetProperty("sources")[1].GetProperty("tensor").GetString());
        Assert.Equal(0.25, run.Json[0].GetProperty("values")[0].GetProperty("numbers")[1].GetDouble());
        Assert.Equal("true", run.Json[0].GetProperty("values")[1].GetProperty("word").GetString());
        Assert.Equal(32, run.Json[1].GetProperty("tensor_groups")[0].GetProperty("tensors").GetInt32());
    }

    [Fact]
    public async Task Verify_Bad_IsAnEventThenAnError()
    {
        var run = await CliRun.Of(new FakeService { Verification = Samples.Bad }, "verify", "o", "--json");
        Assert.Equal(8, run.Exit);
        Assert.Equal(["verified", "error"], run.Json.Select(e => e.GetProperty("event").GetString()));
        Assert.False(run.Json[0].GetProperty("good").GetBoolean());
        Assert.Equal("it is missing", run.Json[0].GetProperty("files")[1].GetProperty("problem").GetString());
    }

    [Fact]
    public async Task Methods_AreOneObjectEach()
    {
        var run = await CliRun.Of("methods", "--json");
        Assert.Equal(Catalog.Methods.Select(m => m.Name), run.Json.Select(m => m.GetProperty("name").GetString()));
    }

    [Theory]
    [InlineData("merge r o")]
    [InlineData("plan r o")]
    [InlineData("plan r --tensors")]
    [InlineData("inspect m --tensors")]
    [InlineData("diff a b")]
    [InlineData("spectrum m")]
    [InlineData("extract-lora m o --base b")]
    [InlineData("verify o")]
    [InlineData("bench")]
    [InlineData("methods")]
    [InlineData("devices")]
    [InlineData("merge r o --threads none")]
    public async Task EveryField_IsDocumented(string line)
    {
        var run = await CliRun.Of(Busy, [.. line.Split(' '), "--json"]);
        Assert.NotEmpty(run.Json);
        foreach (var value in run.Json)
        {
            Assert.Contains($"`{value.GetProperty("event").GetString()}`", Documentation);
            foreach (var name in Names(value)) Assert.Contains($"`{name}`", Documentation);
        }
    }

    static IEnumerable<string> Names(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => value.EnumerateObject().SelectMany(p => Names(p.Value).Prepend(p.Name)),
        JsonValueKind.Array => value.EnumerateArray().SelectMany(Names),
        _ => [],
    };
}
