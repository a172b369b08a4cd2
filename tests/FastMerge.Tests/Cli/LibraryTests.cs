using System.Diagnostics;
using FastMerge.Testing;

namespace FastMerge.Tests.Cli;

/// <summary>The command line with the library behind it.</summary>
public class LibraryTests
{
    static readonly string Malformed = RepositoryFolder.Combine("tests", "malformed");

    static string Golden(string name) => RepositoryFolder.Combine("tests", "golden", "mergekit", name);

    public static TheoryData<string, string> Cases()
    {
        var data = new TheoryData<string, string>();
        foreach (var line in File.ReadLines(Path.Combine(Malformed, "cases.tsv")).Skip(1))
            data.Add(line.Split('\t')[0], line.Split('\t')[2]);
        return data;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Inspect_OfAHostileFile_IsItsVerdict(string id, string verdict)
    {
        var watch = Stopwatch.StartNew();
        var (exit, output, error) = await CliRun.WithLibrary(
            "inspect", Path.Combine(Malformed, "files", id + ".safetensors"));
        Assert.Equal(verdict == "reject" ? 4 : 0, exit);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(5), $"{id} took {watch.Elapsed}");
        Assert.DoesNotContain(output + error, c => char.IsControl(c) && c != '\n');
        if (exit == 0) return;
        Assert.Empty(output);
        Assert.StartsWith("error: ", Assert.Single(error.TrimEnd('\n').Split('\n')));
    }

    [Fact]
    public async Task Inspect_CountsTensorsAndParameters()
    {
        var (exit, output, _) = await CliRun.WithLibrary("inspect", Golden("inputs/pub_t48/ft1"));
        Assert.Equal(0, exit);
        Assert.Contains("21 tensors, 57,072 parameters", output);
        Assert.Contains("BF16", output);
    }

    [Fact]
    public async Task Plan_Merge_Verify_WorkTogether()
    {
        using var folder = new TempFolder();
        var recipe = folder["recipe.yml"];
        File.WriteAllText(recipe, $"""
            merge_method: task_arithmetic
            base_model: {Golden("inputs/pub_t48/base")}
            models:
              - model: {Golden("inputs/pub_t48/ft1")}
                parameters: {"{weight: 0.5}"}
            """);
        var merged = folder["merged"];
        var (exit, plan, _) = await CliRun.WithLibrary("plan", recipe, merged);
        Assert.Equal(0, exit);
        Assert.Contains("task_arithmetic", plan);
        Assert.False(Directory.Exists(merged));

        (exit, var done, var error) = await CliRun.WithLibrary("merge", recipe, merged, "--seed", "3");
        Assert.True(exit == 0, error);
        Assert.Contains("seed 3", done);
        Assert.Contains("task_arithmetic of 1 model", error);

        (exit, var verified, _) = await CliRun.WithLibrary("verify", merged);
        Assert.Equal(0, exit);
        Assert.Contains("all hashes match", verified);

        Assert.Equal(2, (await CliRun.WithLibrary("merge", recipe, merged)).Exit);

        using (var file = File.OpenWrite(Path.Combine(merged, "model.safetensors")))
        {
            file.Seek(-1, SeekOrigin.End);
            file.WriteByte(0x55);
        }
        (exit, _, error) = await CliRun.WithLibrary("verify", merged);
        Assert.Equal(8, exit);
        Assert.Contains("model.safetensors", error);
    }

    [Fact]
    public async Task MergekitYaml_EqualsMerge()
    {
        using var folder = new TempFolder();
        var recipe = folder["recipe.yml"];
        File.WriteAllText(recipe, $"""
            merge_method: linear
            models:
              - model: {Golden("inputs/pub_t48/ft1")}
                parameters: {"{weight: 0.5}"}
              - model: {Golden("inputs/pub_t48/ft2")}
                parameters: {"{weight: 0.25}"}
            """);
        Assert.Equal(0, (await CliRun.WithLibrary("merge", recipe, folder["a"])).Exit);
        string[] flags = ["--lazy-unpickle", "--cuda"];
        Assert.Equal(0, (await CliRun.WithLibrary(["mergekit-yaml", recipe, folder["b"], .. flags])).Exit);
        foreach (var file in Directory.GetFiles(folder["a"]))
            Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(Path.Combine(folder["b"], Path.GetFileName(file))));
    }
}
