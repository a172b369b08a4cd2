using System.Text.Json;

namespace FastMerge.Tests.Cli;

/// <summary><c>fastmerge diff</c> as people and programs see it.</summary>
public class DiffCommandTests
{
    [Fact]
    public async Task Text_HasTotalsAndWhatDiffersMost()
    {
        var run = await CliRun.Of("diff", "a", "b");
        Assert.Equal(0, run.Exit);
        Assert.Contains(run.OutLines, l => l.EndsWith("1 equal, 1 changed, 1 of other shape or kind, "
            + "1 only in the second", StringComparison.Ordinal));
        Assert.Contains(run.OutLines, l => l.Contains("50 of 300 changed (16.67 %), largest difference 0.125",
            StringComparison.Ordinal));
        Assert.Contains(run.OutLines, l => l.Contains("cosine 0.998765", StringComparison.Ordinal));
        var rows = run.OutLines.SkipWhile(l => !l.StartsWith("tensor ", StringComparison.Ordinal)).Skip(1).ToArray();
        Assert.Equal(["cut", @"new\u001b", "moved"], rows.Select(r => r.Split(' ')[0]));
        Assert.Contains("[5] / [6]", rows[0], StringComparison.Ordinal);
        Assert.Contains("BF16 / F32", rows[2], StringComparison.Ordinal);
        Assert.Contains("odd", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Top_LimitsTheTable()
    {
        var run = await CliRun.Of("diff", "a", "b", "--top", "1");
        Assert.Equal("and 2 more that differ; --top shows more", run.OutLines[^1]);
        Assert.Equal(2, (await CliRun.Of("diff", "a", "b", "--top", "0")).Exit);
    }

    [Fact]
    public async Task Json_IsOneObjectATensor_AndATotal()
    {
        var json = (await CliRun.Of("diff", "a", "b", "--json")).Json;
        Assert.Equal(["tensor_diff", "tensor_diff", "tensor_diff", "tensor_diff", "diff"],
            json.Select(j => j.GetProperty("event").GetString()));
        Assert.Equal(0.9987654, json[1].GetProperty("cosine").GetDouble());
        Assert.Equal("unlike", json[2].GetProperty("comparison").GetString());
        Assert.Equal(JsonValueKind.Null, json[3].GetProperty("first").ValueKind);
        Assert.False(json[4].GetProperty("equal").GetBoolean());
        Assert.Equal(1, json[4].GetProperty("counts").GetProperty("only_in_second").GetInt32());
        Assert.Equal(300, json[4].GetProperty("elements").GetInt64());
    }
}
