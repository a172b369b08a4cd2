using System.Text.RegularExpressions;
using FastMerge.Core;
using FastMerge.Plan;
using FastMerge.Primitives;
using FastMerge.Recipe;
using static FastMerge.Tests.Recipe.RecipeText;

namespace FastMerge.Tests.Recipe;

/// <summary>A slip in one word of a good recipe is named with its place and the word that was meant.</summary>
public class MutationTests
{
    public static TheoryData<string> Cases() =>
        [.. RecipeSamples.Golden.Keys];

    /// <summary>The first failure of a recipe, or null if it is good.</summary>
    static FastMergeException? FailureOf(string text, out RecipeCheck check)
    {
        check = RecipeTools.Check(RecipeSource.Yaml(text, "r.yml"));
        return check.Failures.FirstOrDefault();
    }

    [Fact]
    public void EveryGoldenRecipe_IsHere() => Assert.Equal(72, RecipeSamples.Golden.Count);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Recipe_IsGoodAsItIs(string name)
    {
        Assert.Null(FailureOf(RecipeSamples.Golden[name], out var check)?.Message);
        Assert.Empty(check.Warnings);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void SlipInAKeyOrName_IsNamedWithPlaceAndNearest(string name)
    {
        var faults = new List<string>();
        foreach (var m in Mutation.Of(RecipeSamples.Golden[name]))
        {
            if (m.Kind is WordKind.Model or WordKind.Filter) continue;
            var failure = FailureOf(m.Text, out var check);
            if (failure?.Kind is null or FailureKind.Recipe
                && IsAnotherGoodWord(m, RecipeSamples.Golden[name]))
                continue;
            if (Fault(m, failure) is { } fault)
                faults.Add($"{m.Kind} {m.Word} as {m.Changed} at {m.Span}: {fault}: {failure?.Message} "
                    + string.Join("; ", check.Warnings));
        }
        Assert.True(faults.Count == 0, string.Join('\n', faults.Take(20).Prepend($"{faults.Count} faults")));
    }

    static string? Fault(Mutation m, FastMergeException? failure)
    {
        if (failure is null) return "no failure";
        if (failure.Kind != FailureKind.Recipe) return "wrong kind";
        if (failure.Message.Contains('\n', StringComparison.Ordinal)) return "several lines";
        if (!failure.Message.StartsWith(m.Span + ": ", StringComparison.Ordinal)) return "wrong place";
        return m.Kind is WordKind.Number or WordKind.Layer
            ? failure.Message.Contains("accepted: ", StringComparison.Ordinal) ? null : "what is accepted is not said"
            : NamesNearest(m, failure.Message) ? null : "wrong word";
    }

    /// <summary>Whether the word is named, or another one that is as near.</summary>
    static bool NamesNearest(Mutation m, string message) =>
        Regex.Match(message, "nearest is '([^']*)'") is { Success: true, Groups: [_, { Value: var named }] }
        && DisplayText.EditDistance(m.Changed, named) <= DisplayText.EditDistance(m.Changed, m.Word);

    static bool IsAnotherGoodWord(Mutation m, string text) => m.Kind switch
    {
        WordKind.DType => RecipeBuilder.DTypes.Contains(m.Changed),
        WordKind.Method => MethodCatalog.Find(m.Changed) is not null,
        WordKind.Layer => YamlNumeral.TryParse(m.Changed, true, out var number) && number is >= 0 and < 1e6
            && number % 1 == 0,
        WordKind.Number => YamlNumeral.TryParse(m.Changed, true, out var number) && BoundsOf(m, text).Contains(number),
        _ => false,
    };

    /// <summary>Bounds of the parameter that a value is for; none but switches and words have no numbers.</summary>
    static Bounds BoundsOf(Mutation m, string text) =>
        MethodCatalog.Find(RecipeText.Read(text).MergeMethod.Value)!.Signature.Parameters
            .Single(p => p.Name == m.Key) switch
            {
                Global global => global.Bounds,
                PerModel perModel => perModel.Bounds,
                _ => new(1, 0),
            };

    [Theory]
    [InlineData("[3, 1]", "r.yml:5:18: 'layer_range' runs backwards from 3 to 1")]
    [InlineData("[0, 1, 2]", "r.yml:5:18: 'layer_range' is a list of 3; accepted: [first, last + 1]")]
    [InlineData("0-3", "r.yml:5:18: 'layer_range' is '0-3'; accepted: [first, last + 1]")]
    [InlineData("3", "r.yml:5:18: 'layer_range' is '3'; accepted: [first, last + 1]")]
    [InlineData("[]", "r.yml:5:18: 'layer_range' is an empty list; accepted: [first, last + 1]")]
    public void MisshapenLayerRange_IsRefused(string range, string expected)
    {
        var text = $"merge_method: passthrough\nslices:\n- sources:\n  - model: a\n    layer_range: {range}\n";
        Assert.Equal(expected, FailureOf(text, out _)?.Message);
    }

    [Theory]
    [InlineData("{weight: 0,5}", "r.yml:2:44: unknown key '5' for method linear; a fraction is written with a point")]
    [InlineData("{density: 1}", "r.yml:2:10: parameter 'weight' is required and missing")]
    [InlineData("[weight: 1]", "r.yml:2:33: 'parameters' must be a mapping; found a list")]
    public void OtherSlip_IsNamed(string parameters, string expected) => Assert.StartsWith(expected,
        FailureOf($"merge_method: linear\nmodels: [{{model: a, parameters: {parameters}}}]", out _)!.Message,
        StringComparison.Ordinal);

    [Fact]
    public void Check_FindsEveryFault()
    {
        var check = RecipeTools.Check(RecipeSource.Yaml("""
            merge_metod: ties
            base_modle: b
            models:
            - {model: a, weigth: 1}
            - {modl: a}
            - {model: a, parameters: {weight: [], density: {value: [1, {}]}}}
            dtype: bf61
            ---
            name: x
            merge_method: linaer
            parameters: {weight: heavy}
            models: {model: a}
            """, "r.yml"));
        Assert.Equal(
            ["1:1", "2:1", "1:1", "4:14", "5:4", "5:3", "6:35", "6:60", "7:8", "12:9", "10:15"],
            check.Failures.Select(f => string.Join(':', f.Message.Split(':').Skip(1).Take(2))));
    }

    /// <summary>A method's words and numbers are looked at even where the recipe's shape is wrong.</summary>
    [Fact]
    public void Check_FindsFaultsOfTheMethodBesideOthers()
    {
        var check = RecipeTools.Check(RecipeSource.Yaml("""
            merge_method: ties
            models:
            - {modl: a}
            - {model: a, parameters: {weigth: 1, density: 1.5}}
            rules:
            - {tensors: norm, merge_method: linaer}
            - {tensors: mlp, merge_method: dare_ties, parameters: {density: 7}}
            """, "r.yml"));
        Assert.Equal(["3:4", "3:3", "6:33", "4:27", "4:47", "7:65"],
            check.Failures.Select(f => string.Join(':', f.Message.Split(':').Skip(1).Take(2))));
    }

    [Fact]
    public void Check_FindsEveryFaultOfTheMethod()
    {
        var check = RecipeTools.Check(RecipeSource.Yaml("""
            merge_method: ties
            tokenizer_source: base
            models:
            - {model: a, parameters: {weight: heavy}}
            - {model: b+adapter}
            rules:
            - {tensors: norm, merge_method: dare_ties, parameters: {density: 7}}
            """, "r.yml"));
        Assert.Equal(["2:19", "1:15", "7:33", "4:35", "7:66"],
            check.Failures.Select(f => string.Join(':', f.Message.Split(':').Skip(1).Take(2))));
    }

    [Fact]
    public void SlicesOfNoLayers_AreGood() =>
        Assert.Equal(4, Read("merge_method: passthrough\nslices: [{sources: [{model: a, layer_range: [4, 4]}]}]")
            .Slices[0].Sources[0].From);
}
