using FastMerge.Testing;

namespace FastMerge.Tests.Cli;

/// <summary><c>fastmerge spectrum</c> as people and programs see it.</summary>
public class SpectrumCommandTests
{
    [Fact]
    public async Task Text_IsATableOfMatrices()
    {
        var run = await CliRun.Of("spectrum", "m", "--base", "b", "--top", "2");
        Assert.Equal(0, run.Exit);
        Assert.Contains("base    b (subtracted)", run.OutLines);
        Assert.Contains("tensors 3 matrices, 1 without", run.OutLines);
        var rows = run.OutLines.SkipWhile(l => !l.StartsWith("matrix ", StringComparison.Ordinal)).Skip(1).ToArray();
        Assert.Equal(["a.weight", @"b\u001b<b>[3]", "and"], rows.Select(r => r.Split(' ')[0]));
        Assert.Equal(["8", "16", "12.5", "6.25", "5", "3.5", "1.562", "1", "2", "3", "4"],
            rows[0].Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1));
        Assert.Contains("tensor c.weight: 2 NaN or Inf; it has no spectrum", run.Error, StringComparison.Ordinal);
        Assert.Contains("odd", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Json_IsOneObjectAMatrix_AndATotal()
    {
        var json = (await CliRun.Of("spectrum", "m", "--json")).Json;
        Assert.Equal(["spectrum", "spectrum", "spectrum", "spectra"],
            json.Select(j => j.GetProperty("event").GetString()));
        Assert.Equal(12.5, json[0].GetProperty("nuclear_norm").GetDouble());
        Assert.Equal(3, json[1].GetProperty("index").GetInt32());
        Assert.Equal(3, json[0].GetProperty("rank_of_energy").GetProperty("0.95").GetInt32());
        Assert.Equal([0, 0.75, 1], json[0].GetProperty("energy_curve").EnumerateArray().Select(v => v.GetDouble()));
        Assert.Equal("norm.weight", json[3].GetProperty("without")[0].GetString());
    }

    [Fact]
    public async Task Page_StandsAlone_AndNamesAreText()
    {
        using var folder = new TempFolder();
        var run = await CliRun.Of("spectrum", "m", "--html", folder["page.html"]);
        Assert.Equal(0, run.Exit);
        var page = File.ReadAllText(folder["page.html"]);
        Assert.StartsWith("<!DOCTYPE html>", page, StringComparison.Ordinal);
        Assert.Contains(@"b\u001b&lt;b&gt;[3]", page, StringComparison.Ordinal);
        Assert.Contains("points=\"0,60 60,15 120,0\"", page, StringComparison.Ordinal);
        Assert.Contains("2 NaN or Inf", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page, StringComparison.Ordinal);
        Assert.DoesNotContain("http", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Page_NeedsAPlace()
    {
        using var folder = new TempFolder();
        var run = await CliRun.Of("spectrum", "m", "--html", folder["none"] + "/there/page.html");
        Assert.Equal(2, run.Exit);
        Assert.Contains("accepted: a file in a folder that exists", run.Error, StringComparison.Ordinal);
    }
}
