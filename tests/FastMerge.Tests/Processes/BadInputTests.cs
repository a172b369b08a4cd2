using FastMerge.Testing.Checkpoints;
using FastMerge.Testing.Processes;

namespace FastMerge.Tests.Processes;

/// <summary>What a user can get wrong: one line, the documented exit code, nothing written.</summary>
public class BadInputTests : IClassFixture<BadInputTests.SharedScene>
{
    readonly MergeScene _scene;

    public BadInputTests(SharedScene shared) => _scene = shared.Scene;

    /// <summary>One set of checkpoints for all cases.</summary>
    public sealed class SharedScene : IDisposable
    {
        internal MergeScene Scene { get; } = new(CheckpointShape.Tiny);

        public void Dispose() => Scene.Dispose();
    }

    static void Refuses(int exitCode, string mention, string output, params string[] arguments)
    {
        var before = Directory.Exists(output) ? FolderContent.Of(output) : null;
        var result = ProgramRun.Run(arguments);
        Assert.True(result.ExitCode == exitCode, $"exit {result.ExitCode} instead of {exitCode}: {result.Errors}");
        var error = Assert.Single(
            result.Errors.Split('\n'), line => line.StartsWith("error: ", StringComparison.Ordinal));
        Assert.Contains(mention, error, StringComparison.Ordinal);
        Assert.EndsWith(error + "\n", result.Errors, StringComparison.Ordinal);
        Assert.Equal(before, Directory.Exists(output) ? FolderContent.Of(output) : null);
    }

    void RefusesRecipe(int exitCode, string mention, string recipe)
    {
        var path = _scene[$"{Guid.NewGuid()}.yml"];
        File.WriteAllText(path, recipe);
        Refuses(exitCode, mention, _scene["out"], "merge", path, _scene["out"]);
    }

    [Fact]
    public void NoArguments_IsUsage() => Assert.Equal(2, ProgramRun.Run().ExitCode);

    [Fact]
    public void MissingRecipe() => Refuses(3, "no.yml", _scene["out"], "merge", _scene["no.yml"], _scene["out"]);

    [Theory]
    [InlineData("weight: 0.6", "weight: heavy", 3, "heavy")]
    [InlineData("density: 0.4", "density: 1.7", 3, "1.7")]
    [InlineData("weight: 0.6", "weight: .nan", 3, "nan")]
    [InlineData("weight: 0.6", "wieght: 0.6", 3, "weight")]
    [InlineData("ties", "tiess", 3, "ties")]
    [InlineData("base_model", "base_modle", 3, "base_model")]
    [InlineData("/one", "/nobody", 4, "nobody")]
    [InlineData("  - model", "    model", 3, ".yml:")]
    public void WrongRecipes(string from, string to, int exitCode, string mention) =>
        RefusesRecipe(exitCode, mention, _scene.Recipe("ties").Replace(from, to, StringComparison.Ordinal));

    [Fact]
    public void HugeRecipe() => RefusesRecipe(3, "1", _scene.Recipe("ties") + "# " + new string('x', 5_000_000) + "\n");

    [Fact]
    public void DeepRecipe() => RefusesRecipe(3, "32", $"models: {new string('[', 100_000)}\n");

    [Fact]
    public void CyclicRecipe() => RefusesRecipe(3, "", "models: &a [*a]\nmerge_method: linear\n");

    [Fact]
    public void OutputNotEmpty()
    {
        File.WriteAllText(_scene["full/mine.txt"], "keep");
        Refuses(2, "full", _scene["full"], "merge", _scene.RecipePath, _scene["full"]);
        Refuses(2, "full", _scene["full"], "merge", _scene.RecipePath, _scene["full"], "--overwrite");
    }

    [Fact]
    public void OutputInsideAnInput() =>
        Refuses(2, "base", _scene["base"], "merge", _scene.RecipePath, Path.Combine(_scene["base"], "merged"));

    [Fact]
    public void TooLittleMemory() =>
        Refuses(6, "memory", _scene["out"], "merge", _scene.RecipePath, _scene["out"], "--memory", "1KiB");

    [Fact]
    public void UnknownOption() =>
        Refuses(2, "--treads", _scene["out"], "merge", _scene.RecipePath, _scene["out"], "--treads", "2");

    [Fact]
    public void DryRun_WritesNothing()
    {
        var result = ProgramRun.Run("merge", _scene.RecipePath, _scene["out"], "--dry-run");
        Assert.True(result.ExitCode == 0, result.Errors);
        Assert.False(Directory.Exists(_scene["out"]));
    }
}
