using FastMerge.Testing.Processes;
using static FastMerge.Tests.Processes.ProcessChecks;

namespace FastMerge.Tests.Processes;

/// <summary>Merges of matrices as a whole, killed at any moment and resumed, give the files of a merge that was left
/// alone; a resume that would compute other bits is refused.</summary>
public class MatrixKillTests
{
    [Theory]
    [InlineData("star", 3)]
    [InlineData("iso_c", 3)]
    public void Killed_ThenResumed_EqualsUninterrupted(string method, int times) => KillAndResume(method, times, 1);

    [Theory]
    [Trait("Tier", "slow")]
    [InlineData("star", 20)]
    [InlineData("iso_c", 20)]
    [InlineData("tsv", 10)]
    [InlineData("knots", 10)]
    public void Killed_OftenThenResumed_EqualsUninterrupted(string method, int times) =>
        KillAndResume(method, times, 2);

    [Fact]
    public void Resume_WithOtherThreads_IsRefused()
    {
        using var scene = new MergeScene(method: "iso_c");
        using (var run = ProgramRun.Start(Merge(scene, "out", "--io-rate", $"{scene.ModelBytes / 4}")))
        {
            run.WaitUntil(() => Directory.Exists(scene["out"] + "/.fastmerge") && PhasesDone(scene["out"]) is not null);
            run.Kill();
        }
        var result = ProgramRun.Run(Merge(scene, "out", "--resume", "--threads", "1"));
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("matrix library and threads was OpenBLAS", result.Errors, StringComparison.Ordinal);
        Succeeds(Merge(scene, "out", "--resume"));
    }

    static void KillAndResume(string method, int times, int seed)
    {
        using var scene = new MergeScene(method: method);
        Succeeds(Merge(scene, "whole"));
        var expected = FolderContent.Of(scene["whole"]);
        var random = new Random(seed);
        var kills = 0;
        for (var i = 0; i < times; i++)
        {
            for (var runs = 0; runs <= i % 2; runs++)
            {
                using var run = ProgramRun.Start(Merge(
                    scene, "out", [.. Resume(scene), "--io-rate", $"{scene.ModelBytes / 2}"]));
                run.WaitUntil(() => PhasesDone(scene["out"]) is not null);
                Thread.Sleep(random.Next(1500));
                run.Kill();
                if (Resume(scene).Length > 0) kills++;
            }
            Succeeds(Merge(scene, "out", Resume(scene)));
            Assert.True(expected == FolderContent.Of(scene["out"]), $"after kill {i}");
            Directory.Delete(scene["out"], recursive: true);
        }
        Assert.True(kills > 0, "no kill met an unfinished merge");
    }

    /// <summary>The option that an unfinished output needs.</summary>
    static string[] Resume(MergeScene scene) =>
        Directory.Exists(scene["out"] + "/.fastmerge") ? ["--resume"] : [];

    static string[] Merge(MergeScene scene, string output, params string[] more) =>
    [
        "merge", scene.RecipePath, scene[output], "--shard-size", "3MB", "--chunk-size", "64KiB", "--quiet",
        .. more.Contains("--threads") ? more : ["--threads", "2", .. more],
    ];
}
