using FastMerge.Testing.Processes;

namespace FastMerge.Tests.Processes;

/// <summary>The program is killed, interrupted and run twice; what is left is always complete or resumable.</summary>
public class KillTests
{
    const string Shards = "2MB";

    static string[] Merge(MergeScene scene, string output, params string[] more) =>
        ["merge", scene.RecipePath, scene[output], "--shard-size", Shards, "--chunk-size", "64KiB", "--quiet", .. more];

    static string Reference(MergeScene scene)
    {
        var result = ProgramRun.Run(Merge(scene, "whole"));
        Assert.True(result.ExitCode == 0, result.Errors);
        return FolderContent.Of(scene["whole"]);
    }

    // A rate that makes the merge last about two seconds.
    static string Rate(MergeScene scene) => $"{scene.ModelBytes / 2}";

    [Fact]
    public void Killed_FewTimes_ThenResumed_EqualsUninterrupted() => KillAndResume(4, seed: 1);

    [Fact]
    [Trait("Tier", "slow")]
    public void Killed_FiftyTimes_ThenResumed_EqualsUninterrupted() => KillAndResume(50, seed: 2);

    static void KillAndResume(int times, int seed)
    {
        using var scene = new MergeScene();
        var expected = Reference(scene);
        var random = new Random(seed);
        var interrupted = 0;
        for (var i = 0; i < times; i++)
        {
            using (var run = ProgramRun.Start(Merge(scene, "out", "--io-rate", Rate(scene))))
            {
                Thread.Sleep(random.Next(100, 2200));
                if (run.Kill().ExitCode != 0) interrupted++;
            }
            // Every other time the resumed run is killed as well.
            if (i % 2 == 1)
                using (var run = ProgramRun.Start(Merge(scene, "out", "--resume", "--io-rate", Rate(scene))))
                {
                    Thread.Sleep(random.Next(100, 1500));
                    run.Kill();
                }
            var resumed = ProgramRun.Run(Merge(scene, "out", "--resume"));
            Assert.True(resumed.ExitCode == 0, $"after kill {i}: {resumed.Errors}");
            Assert.Equal(expected, FolderContent.Of(scene["out"]));
            Directory.Delete(scene["out"], recursive: true);
        }
        Assert.True(interrupted > times / 2, $"{interrupted} of {times} runs were killed before their end");
    }

    [Theory]
    [InlineData("INT", 130)]
    [InlineData("TERM", 143)]
    public void Signalled_EndsSoon_AndResumes(string signal, int exitCode)
    {
        using var scene = new MergeScene();
        var expected = Reference(scene);
        using var run = ProgramRun.Start(Merge(scene, "out", "--io-rate", Rate(scene)));
        run.WaitUntil(() => Directory.Exists(scene["out"]) && Directory.GetFiles(scene["out"], "*").Length > 0);
        Thread.Sleep(300);
        var sent = DateTime.UtcNow;
        run.Signal(signal);
        var result = run.Wait();
        Assert.Equal(exitCode, result.ExitCode);
        Assert.InRange((DateTime.UtcNow - sent).TotalSeconds, 0, 5);
        Assert.False(File.Exists(scene["out/model.safetensors.index.json"]));

        var resumed = ProgramRun.Run(Merge(scene, "out", "--resume"));
        Assert.True(resumed.ExitCode == 0, resumed.Errors);
        Assert.Equal(expected, FolderContent.Of(scene["out"]));
    }

    [Fact]
    public void SecondProcess_OnTheSameOutput_IsRefused_FirstIsUnharmed()
    {
        using var scene = new MergeScene();
        var expected = Reference(scene);
        using var first = ProgramRun.Start(Merge(scene, "out", "--io-rate", Rate(scene)));
        first.WaitUntil(() => Directory.Exists(scene["out/.fastmerge"]));
        Thread.Sleep(200);
        var second = ProgramRun.Run(Merge(scene, "out", "--resume"));
        Assert.False(first.HasEnded);
        Assert.Equal(9, second.ExitCode);
        var result = first.Wait();
        Assert.True(result.ExitCode == 0, result.Errors);
        Assert.Equal(expected, FolderContent.Of(scene["out"]));
    }

    [Fact]
    public void UnfinishedOutput_WithoutResume_IsRefused()
    {
        using var scene = new MergeScene();
        using (var run = ProgramRun.Start(Merge(scene, "out", "--io-rate", Rate(scene))))
        {
            run.WaitUntil(() => Directory.Exists(scene["out/.fastmerge"]));
            Thread.Sleep(300);
            run.Kill();
        }
        var before = FolderContent.Of(scene["out"]);
        Assert.Equal(2, ProgramRun.Run(Merge(scene, "out")).ExitCode);
        Assert.Equal(before, FolderContent.Of(scene["out"]));
    }

    [Theory]
    [InlineData("mmap")]
    [InlineData("read")]
    public void InputTruncated_WhileReading_IsSaid(string mode)
    {
        using var scene = new MergeScene();
        using var run = ProgramRun.Start(Merge(scene, "out", "--io", mode, "--io-rate", Rate(scene)));
        run.WaitUntil(() => Directory.Exists(scene["out/.fastmerge"]));
        Thread.Sleep(200);
        foreach (var path in Directory.GetFiles(scene["two"], "*.safetensors"))
            using (var file = File.OpenWrite(path))
                file.SetLength(file.Length / 2);
        var result = run.Wait();
        Assert.True(result.ExitCode == 10, $"exit {result.ExitCode}: {result.Errors}");
        Assert.False(File.Exists(scene["out/model.safetensors.index.json"]));
        Assert.Single(result.Errors.Trim().Split('\n'));
    }
}
