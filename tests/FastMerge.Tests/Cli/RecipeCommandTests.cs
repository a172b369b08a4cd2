using System.Text.Json;
using FastMerge.Testing;

namespace FastMerge.Tests.Cli;

public class RecipeCommandTests
{
    const string Good = "merge_method: linear\nmodels:\n- {model: a, parameters: {weight: 1}}\n";

    static string Write(TempFolder folder, string name, string text)
    {
        File.WriteAllText(folder[name], text);
        return folder[name];
    }

    [Fact]
    public async Task Check_PrintsEveryFaultAndTheFirstsExitCode()
    {
        using var folder = new TempFolder();
        var good = Write(folder, "good.yml", Good + "chat_template: auto\n");
        var bad = Write(folder, "bad.yml", "merge_method: liner\nmodels:\n- {modle: a}\n- {model: b}\ndtype: f33\n");
        var (exit, output, error) = await CliRun.WithLibrary("recipe", "check", good, bad);
        Assert.Equal(3, exit);
        Assert.Equal($"{good}: good\n", output);
        string[] lines = [.. error.TrimEnd('\n').Split('\n').Select(l => l.Split([',', ';'])[0])];
        Assert.StartsWith($"warning: {good}:4:16: 'chat_template'", lines[0], StringComparison.Ordinal);
        Assert.Equal(
            [$"error: {bad}:3:4: unknown key 'modle' in an entry of 'models'", $"error: {bad}:3:3: 'model' is missing",
                $"error: {bad}:5:8: 'dtype' is 'f33'",
                $"error: {bad}:1:15: unknown merge_method 'liner'"], lines[1..]);
    }

    [Fact]
    public async Task Check_AsksForModelsOnRequest()
    {
        using var folder = new TempFolder();
        var recipe = Write(folder, "r.yml", Good);
        Assert.Equal(0, (await CliRun.WithLibrary("recipe", "check", recipe)).Exit);
        var (exit, _, error) = await CliRun.WithLibrary("recipe", "check", "--models", recipe);
        Assert.Equal(4, exit);
        Assert.StartsWith($"error: {recipe}:3:11: model 'a': no such file or folder", error);
    }

    [Fact]
    public async Task Check_SpeaksJson()
    {
        using var folder = new TempFolder();
        var recipe = Write(folder, "r.yml", Good + "dtyp: float32\n");
        var (exit, output, _) = await CliRun.WithLibrary("recipe", "check", "--json", recipe);
        Assert.Equal(3, exit);
        var lines = output.TrimEnd('\n').Split('\n').Select(l => JsonDocument.Parse(l).RootElement).ToArray();
        Assert.Equal(["error", "recipe"], lines.Select(l => l.GetProperty("event").GetString()));
        Assert.False(lines[1].GetProperty("good").GetBoolean());
        Assert.Equal(1, lines[1].GetProperty("errors").GetInt32());
    }

    [Fact]
    public async Task Format_PrintsWritesAndChecks()
    {
        using var folder = new TempFolder();
        var recipe = Write(folder, "r.yml", "models:\n  - {model: a, parameters: {weight: 1}}\nmerge_method: linear\n");
        Assert.Equal(8, (await CliRun.WithLibrary("recipe", "format", "--check", recipe)).Exit);
        var (exit, output, _) = await CliRun.WithLibrary("recipe", "format", recipe);
        Assert.Equal((0, Good), (exit, output));
        Assert.NotEqual(Good, File.ReadAllText(recipe));
        Assert.Equal(0, (await CliRun.WithLibrary("recipe", "format", "--write", recipe)).Exit);
        Assert.Equal(Good, File.ReadAllText(recipe));
        Assert.Equal(0, (await CliRun.WithLibrary("recipe", "format", "--check", recipe)).Exit);
        Assert.Single(Directory.GetFiles(folder.Root));
    }

    [Fact]
    public async Task Format_SpeaksJson()
    {
        using var folder = new TempFolder();
        var recipe = Write(folder, "r.yml", "models:\n  - {model: a, parameters: {weight: 1}}\nmerge_method: linear\n");
        var (exit, output, _) = await CliRun.WithLibrary("recipe", "format", "--json", recipe);
        Assert.Equal(0, exit);
        var line = JsonDocument.Parse(Assert.Single(output.TrimEnd('\n').Split('\n'))).RootElement;
        Assert.Equal("formatted", line.GetProperty("event").GetString());
        Assert.True(line.GetProperty("changed").GetBoolean());
        Assert.Equal(Good, line.GetProperty("text").GetString());
        (exit, output, _) = await CliRun.WithLibrary("recipe", "format", "--json", "--check", "--write", recipe);
        Assert.Equal(8, exit);
        Assert.Equal(["formatted", "error"], output.TrimEnd('\n').Split('\n')
            .Select(l => JsonDocument.Parse(l).RootElement.GetProperty("event").GetString()));
        Assert.NotEqual(Good, File.ReadAllText(recipe));
    }

    [Fact]
    public async Task Schema_SpeaksJsonAndTakesNoRecipe()
    {
        var (exit, output, _) = await CliRun.WithLibrary("recipe", "schema", "--json");
        Assert.Equal(0, exit);
        var line = JsonDocument.Parse(Assert.Single(output.TrimEnd('\n').Split('\n'))).RootElement;
        Assert.True(JsonElement.DeepEquals(
            JsonDocument.Parse(RecipeTools.Schema()).RootElement, line.GetProperty("schema")));
        Assert.Equal(2, (await CliRun.WithLibrary("recipe", "schema", "r.yml")).Exit);
    }

    [Fact]
    public async Task Format_LeavesWhatItWouldLose()
    {
        using var folder = new TempFolder();
        const string Text = "merge_method: &m linear\nmodels: [{model: a}]\n";
        var recipe = Write(folder, "r.yml", Text);
        var (exit, _, error) = await CliRun.WithLibrary("recipe", "format", "--write", recipe);
        Assert.Equal(3, exit);
        Assert.Contains("cannot be formatted without loss", error, StringComparison.Ordinal);
        Assert.Equal(Text, File.ReadAllText(recipe));
    }

    [Theory]
    [InlineData("recipe")]
    [InlineData("recipe", "chekc", "r.yml")]
    [InlineData("recipe", "check")]
    [InlineData("recipe", "format")]
    public async Task WrongUse_IsExitTwo(params string[] args) =>
        Assert.Equal(2, (await CliRun.WithLibrary(args)).Exit);

    [Fact]
    public async Task MissingRecipe_IsExitThree() =>
        Assert.Equal(3, (await CliRun.WithLibrary("recipe", "check", "no/such.yml")).Exit);

    [Fact]
    public async Task Schema_IsPrinted()
    {
        var (exit, output, _) = await CliRun.WithLibrary("recipe", "schema");
        Assert.Equal((0, RecipeTools.Schema()), (exit, output));
    }
}
