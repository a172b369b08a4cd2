using FastMerge.Testing;
using FastMerge.Testing.Checkpoints;
using FastMerge.Testing.Processes;
using static FastMerge.Tests.Processes.ProcessChecks;

namespace FastMerge.Tests.Processes;

/// <summary>Merges with phases over the whole model and with stages, as the program runs them: killed, and
/// measured.</summary>
public class PhaseTests
{
    const string OverModel = """
        name: below
        merge_method: ties
        base_model: BASE
        models:
          - model: ONE
            parameters: {weight: 0.6, density: 0.4}
          - model: TWO
            parameters: {weight: 0.4, density: 0.7}
        parameters: {scope: model, rescale: true}
        out_dtype: bfloat16

        """;

    const string Chain = OverModel + """
        ---
        merge_method: dare_ties
        base_model: BASE
        models:
          - model: below
            parameters: {weight: 0.7, density: 0.6}
          - model: ONE
            parameters: {weight: 0.5, density: 0.3}
        out_dtype: bfloat16

        """;

    [Theory]
    [InlineData(OverModel)]
    [InlineData(Chain)]
    public void Killed_InAPhaseAndAfter_ThenResumed_EqualsUninterrupted(string recipe) => KillAndResume(recipe, 4);

    [Theory]
    [Trait("Tier", "slow")]
    [InlineData(OverModel)]
    [InlineData(Chain)]
    public void KilledOften_ThenResumed_EqualsUninterrupted(string recipe) => KillAndResume(recipe, 25);

    /// <summary>Kills so many times at least, and until it was before and after phases.</summary>
    static void KillAndResume(string recipe, int times)
    {
        using var scene = new MergeScene(new(6, 512, 1408, 8192, 8, 4));
        File.WriteAllText(scene.RecipePath, With(recipe, name => scene[name.ToLowerInvariant()]));
        Succeeds(Merge(scene, "whole"));
        var expected = FolderContent.Of(scene["whole"]);
        var (random, before, within, after) = (new Random(3), 0, 0, 0);
        for (var i = 0; i < 60 && (before == 0 || after == 0 || i < times); i++)
        {
            using (var run = ProgramRun.Start(Merge(scene, "out", "--io-rate", $"{scene.ModelBytes}")))
            {
                run.WaitUntil(() => PhasesDone(scene["out"]) >= i % 3);
                Thread.Sleep(random.Next(300));
                run.Kill();
            }
            switch (PhasesDone(scene["out"]))
            {
                case null: continue;
                case 0: before++; break;
                case 1: within++; break;
                default: after++; break;
            }
            Succeeds(Merge(scene, "out", "--resume"));
            Assert.True(expected == FolderContent.Of(scene["out"]), $"after kill {i}");
            Directory.Delete(scene["out"], recursive: true);
        }
        Assert.True(before > 0 && after > 0, $"killed {before} times before, {within} between, {after} after phases");
    }

    [Fact]
    public void Chain_EqualsMergingOneAfterTheOther()
    {
        using var scene = new MergeScene(CheckpointShape.Tiny);
        string Named(string recipe) => With(recipe, name => scene[name.ToLowerInvariant()]);
        File.WriteAllText(scene.RecipePath, Named(Chain));
        File.WriteAllText(scene["first.yml"], Named(OverModel));
        File.WriteAllText(scene["second.yml"], Named(Chain.Split("---\n")[1]).Replace(
            "model: below", $"model: {scene["below"]}", StringComparison.Ordinal));
        Succeeds("merge", scene["first.yml"], scene["below"]);
        Succeeds("merge", scene["second.yml"], scene["second"]);
        Succeeds("merge", scene.RecipePath, scene["out"]);
        var expected = SafetensorsFile.ReadFolder(scene["second"]);
        var found = SafetensorsFile.ReadFolder(scene["out"]);
        Assert.Equal(expected.Keys, found.Keys);
        Assert.All(expected, t => Assert.True(t.Value.Data.AsSpan().SequenceEqual(found[t.Key].Data), t.Key));
        var plan = ProgramRun.Run("plan", scene["first.yml"], scene["out2"]);
        Assert.Contains("select over the model, reduce over the model, map", plan.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(OverModel, "mmap")]
    [InlineData(Chain, "read")]
    public void Memory_StaysWithinItsBound(string recipe, string mode) => MeasureMemory(recipe, mode, 300);

    [Theory]
    [Trait("Tier", "slow")]
    [InlineData(OverModel, "read")]
    [InlineData(Chain, "mmap")]
    public void Memory_OfAModelOfManyGigabytes_StaysWithinItsBound(string recipe, string mode) =>
        MeasureMemory(recipe, mode, 2000);

    static void MeasureMemory(string recipe, string mode, int rows)
    {
        const long RuntimeBytes = 96 << 20;
        const int Tensors = 300;
        using var temp = new TempFolder();
        foreach (var model in (string[])["base", "one", "two"])
        {
            // Holes take no disk; a few bytes here and there make cuts that have to be looked for.
            var header = SafetensorsFile.Header(Enumerable.Range(0, Tensors).Select(
                i => ($"model.layers.{i}.mlp.up_proj.weight", "BF16", new long[] { rows + i, 1024 })));
            var bytes = Enumerable.Range(0, Tensors).Sum(i => (rows + (long)i) * 2048);
            using var file = File.Create(temp[$"{model}/model.safetensors"]);
            file.Write(header);
            file.SetLength(header.Length + bytes);
            var random = new Random(model.Length);
            for (var i = 0; i < 2000; i++)
            {
                file.Position = header.Length + random.NextInt64(bytes / 2) * 2;
                file.Write([(byte)random.Next(256), 0x3e]);
            }
        }
        File.WriteAllText(temp["recipe.yml"], With(recipe, name => temp[name.ToLowerInvariant()]));
        var peak = PeakOf(
            "merge", temp["recipe.yml"], temp["out"], "--memory", "96MiB", "--sink", "hash", "--io", mode);
        Assert.InRange(peak, 1, (96L << 20) + RuntimeBytes);
    }

    static string[] Merge(MergeScene scene, string output, params string[] more) =>
    [
        "merge", scene.RecipePath, scene[output], "--shard-size", "20MB", "--chunk-size", "64KiB", "--threads", "1",
        "--interpret", "--quiet", .. more,
    ];

    static string With(string recipe, Func<string, string> path) => new[] { "BASE", "ONE", "TWO" }.Aggregate(
        recipe, (text, name) => text.Replace(name, path(name), StringComparison.Ordinal));
}
