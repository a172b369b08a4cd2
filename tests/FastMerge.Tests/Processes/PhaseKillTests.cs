using FastMerge.Testing.Processes;
using static FastMerge.Tests.Processes.ProcessChecks;

namespace FastMerge.Tests.Processes;

/// <summary>Methods with phases over the whole model, killed in every phase and after the last, give the files of a
/// merge that was left alone.</summary>
public class PhaseKillTests
{
    const string Models = """

        base_model: BASE
        models:
          - model: ONE
            parameters: {weight: 0.6, density: 0.4}
          - model: TWO
            parameters: {weight: 0.4, density: 0.2}

        """;

    static readonly Dictionary<string, (string Recipe, int Phases)> Recipes = new()
    {
        ["ties"] = ($"merge_method: ties{Models}parameters: {{scope: model, rescale: true}}", 2),
        ["pcb"] = ($"merge_method: pcb{Models}parameters: {{scope: model}}", 3),
        ["metagpt"] = ("merge_method: metagpt\nbase_model: BASE\nmodels: [{model: ONE}, {model: TWO}]", 1),
        ["chain"] = ($"name: below\nmerge_method: pcb{Models}parameters: {{scope: model}}\n---\n"
            + $"merge_method: ties{Models.Replace("ONE", "below", StringComparison.Ordinal)}"
            + "parameters: {scope: model}", 4),
    };

    public static TheoryData<string> Names() => [.. Recipes.Keys];

    [Theory]
    [InlineData("ties", new[] { 0, 1, 2 })]
    [InlineData("pcb", new[] { 0, 2, 3 })]
    [InlineData("metagpt", new[] { 0, 1 })]
    public void Killed_WithSomePhasesDone_ThenResumed_EqualsUninterrupted(string name, int[] done) =>
        KillAndResume(name, done, 1);

    [Theory]
    [Trait("Tier", "slow")]
    [MemberData(nameof(Names))]
    public void Killed_TwentyTimes_ThenResumed_EqualsUninterrupted(string name) => KillAndResume(
        name, [.. Enumerable.Range(0, 20).Select(i => i % (Recipes[name].Phases + 1))], 2);

    /// <summary>Kills a merge for each number of phases, at a random moment after so many were journalled.</summary>
    static void KillAndResume(string name, int[] done, int seed)
    {
        var (text, phases) = Recipes[name];
        using var scene = new MergeScene(new(4, 384, 1024, 4096, 8, 4));
        File.WriteAllText(scene.RecipePath, new[] { "BASE", "ONE", "TWO" }.Aggregate(
            text, (t, model) => t.Replace(model, scene[model.ToLowerInvariant()], StringComparison.Ordinal)));
        Succeeds(Merge(scene, "whole"));
        var expected = FolderContent.Of(scene["whole"]);
        var (random, left) = (new Random(seed), new List<int>());
        for (var i = 0; i < done.Length; i++)
        {
            Kill(scene, random, done[i], "--io-rate", $"{scene.ModelBytes / 2}");
            // Every third time the resumed run is killed as well.
            if (i % 3 == 2) Kill(scene, random, done[i], "--resume", "--io-rate", $"{scene.ModelBytes / 2}");
            if (PhasesDone(scene["out"]) is { } found) left.Add(found);
            Succeeds(Merge(scene, "out", "--resume"));
            Assert.True(expected == FolderContent.Of(scene["out"]),
                $"after kill {i} with {left.LastOrDefault()} phases");
            Directory.Delete(scene["out"], recursive: true);
        }
        Assert.True(left.Any(n => n < phases), $"no kill in a phase: {string.Join(' ', left)}");
        Assert.True(left.Any(n => n == phases), $"no kill after the phases: {string.Join(' ', left)}");
        Assert.True(phases == 1 || left.Any(n => n > 0 && n < phases) || done.All(n => n == 0 || n == phases),
            $"no kill between two phases: {string.Join(' ', left)}");
    }

    static void Kill(MergeScene scene, Random random, int phases, params string[] more)
    {
        using var run = ProgramRun.Start(Merge(scene, "out", more));
        run.WaitUntil(() => PhasesDone(scene["out"]) >= phases);
        Thread.Sleep(random.Next(60));
        run.Kill();
    }

    static string[] Merge(MergeScene scene, string output, params string[] more) =>
    [
        "merge", scene.RecipePath, scene[output], "--shard-size", "10MB", "--chunk-size", "64KiB", "--threads", "1",
        "--interpret", "--quiet", .. more,
    ];
}
