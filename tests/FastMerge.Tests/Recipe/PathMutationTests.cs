using FastMerge.Checkpoint;
using FastMerge.Core;
using FastMerge.Testing;

namespace FastMerge.Tests.Recipe;

/// <summary>A slip in the path of a model is named with its place and a folder that exists.</summary>
public class PathMutationTests
{
    static readonly string Inputs = Path.Combine(RecipeSamples.GoldenFolder, "inputs") + "/";

    public static TheoryData<string> Cases() =>
        [.. RecipeSamples.Golden.Keys.Where(n => !n.StartsWith("small_", StringComparison.Ordinal))];

    static string Absolute(string text) => text.Replace("inputs/", Inputs, StringComparison.Ordinal);

    static RecipeCheck Check(string text) => RecipeTools.Check(RecipeSource.Yaml(text, "r.yml"), models: true);

    [Theory]
    [MemberData(nameof(Cases))]
    public void SlipInAPath_NamesAFolderThatExists(string name)
    {
        var faults = new List<string>();
        foreach (var m in Mutation.Of(Absolute(RecipeSamples.Golden[name])).Where(m => m.Kind == WordKind.Model))
        {
            if (!m.Changed.StartsWith(Inputs, StringComparison.Ordinal) || Directory.Exists(m.Changed)) continue;
            var failure = Check(m.Text).Failures.FirstOrDefault();
            if (Fault(m, failure) is { } fault) faults.Add($"{m.Changed}: {fault}: {failure?.Message}");
        }
        Assert.True(faults.Count == 0, string.Join('\n', faults.Take(20).Prepend($"{faults.Count} faults")));
    }

    static string? Fault(Mutation m, FastMergeException? failure)
    {
        if (failure?.Kind != FailureKind.Input) return "wrong kind";
        if (!failure.Message.StartsWith(m.Span + ": ", StringComparison.Ordinal)) return "wrong place";
        var nearest = failure.Message.Split("nearest is '") is [_, var rest] ? rest.Split('\'')[0] : "";
        return Directory.Exists(nearest)
            && DisplayText.EditDistance(nearest, m.Changed) <= DisplayText.EditDistance(m.Word, m.Changed)
            ? null : "wrong word";
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Recipe_IsPlannedAsItIs(string name)
    {
        var check = Check(Absolute(RecipeSamples.Golden[name]));
        Assert.Empty(check.Failures);
        Assert.DoesNotContain(check.Warnings, w => w.Contains("is for no tensor", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("{filter: mpl, value: 1}", "r.yml:6:34: the filter (name mpl) is for no tensor, nearest is 'mlp'")]
    [InlineData("{filter: {layers: 7-9}, value: 1}", "r.yml:6:34: the filter (layers 7-9) is for no tensor")]
    public void FilterForNoTensor_IsAWarning(string value, string expected)
    {
        var text = Absolute(RecipeSamples.Golden["linear_f32"]).Replace("{weight: 0.3}",
            $"{{weight: [{value}, {{value: 1}}]}}", StringComparison.Ordinal);
        Assert.Contains(expected, Check(text).Warnings);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void LayerRangeOutOfPlace_IsNamed(string name)
    {
        foreach (var m in Mutation.Of(Absolute(RecipeSamples.Golden[name])).Where(m => m.Changed == "9"))
        {
            var failure = Assert.Single(Check(m.Text).Failures);
            Assert.Equal(FailureKind.Recipe, failure.Kind);
            Assert.Contains("layer_range", failure.Message, StringComparison.Ordinal);
            Assert.StartsWith($"r.yml:{m.Span.Line}:18: ", failure.Message, StringComparison.Ordinal);
        }
    }

    public static TheoryData<string> FilterCases() => [.. RecipeSamples.Golden
        .Where(r => r.Value.Contains("filter: ", StringComparison.Ordinal)).Select(r => r.Key)];

    /// <summary>The warning of <c>plan</c> and <c>merge</c>, which come from the same list.</summary>
    [Theory]
    [MemberData(nameof(FilterCases))]
    public void SlipInAFilter_IsAWarningWithTheNearestNamePart(string name)
    {
        foreach (var m in Mutation.Of(Absolute(RecipeSamples.Golden[name])).Where(m => m.Kind == WordKind.Filter))
        {
            var plan = Merger.Plan(RecipeSource.Yaml(m.Text, "r.yml"), null, new MergeOptions());
            Assert.Equal(m.Word.Contains(m.Changed, StringComparison.Ordinal) ? []
                : [$"{m.Span}: the filter (name {m.Changed}) is for no tensor, nearest is '{m.Word}'"],
                plan.Warnings.Where(w => w.Contains("is for no tensor", StringComparison.Ordinal)));
        }
    }

    [Fact]
    public void Merge_NamesThePlaceOfAMissingModel()
    {
        var text = Absolute(RecipeSamples.Golden["linear_f32"]).Replace("pub_t48/ft2", "pub_t4/ft2");
        var failure = Assert.Throws<FastMergeException>(
            () => Merger.Plan(RecipeSource.Yaml(text, "r.yml"), null, new MergeOptions()));
        Assert.Equal(FailureKind.Input, failure.Kind);
        Assert.Equal($"r.yml:5:10: model '{Inputs}pub_t4/ft2': no such file or folder; "
            + $"nearest is '{Inputs}pub_t48/ft2'", failure.Message);
    }

    [Fact]
    public void HubId_IsComparedWithTheCacheToo()
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder["models--org--model"]);
        var hub = new HubCache(folder.Root);
        string Nearest(string id) => NearestPath.Text(id, FileStorage.Instance, hub);
        Assert.Equal("; nearest is 'org/model'", Nearest("org/mdoel"));
        Assert.Equal("", Nearest("other/thing"));
    }
}
