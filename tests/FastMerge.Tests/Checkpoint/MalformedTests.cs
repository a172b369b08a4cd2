using FastMerge.Checkpoint;
using FastMerge.Core;

namespace FastMerge.Tests.Checkpoint;

/// <summary>Every hostile file gets the verdict of tests/malformed/cases.tsv.</summary>
public sealed class MalformedTests
{
    public static TheoryData<string, string> Cases()
    {
        var data = new TheoryData<string, string>();
        foreach (var line in File.ReadLines(Path.Combine(TestFolder.Malformed, "cases.tsv")).Skip(1))
        {
            var fields = line.Split('\t');
            data.Add(fields[0], fields[2]);
        }
        return data;
    }

    [Fact]
    public void TheTable_HasEveryFile()
    {
        Assert.Equal(106, Cases().Count);
        Assert.Equal(106, Directory.GetFiles(Path.Combine(TestFolder.Malformed, "files")).Length);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void EachFile_GetsItsVerdict(string id, string verdict)
    {
        var path = Path.Combine(TestFolder.Malformed, "files", id + ".safetensors");
        var best = Timing.Best(3, () => Assert.Equal(verdict, Verdict(path)));
        Assert.True(best < TimeSpan.FromSeconds(1), $"{id} took {best}");
    }

    static string Verdict(string path)
    {
        try
        {
            var checkpoint = InputCheckpoint.Open(new ModelLocation(path), FileStorage.Instance);
            return checkpoint.Warnings.Count > 0 ? "accept+warn" : "accept";
        }
        catch (FastMergeException e) when (e.Kind == FailureKind.Input)
        {
            Assert.DoesNotContain(e.Message, char.IsControl);
            Assert.True(e.Message.Length < 2000, e.Message);
            return "reject";
        }
    }
}
