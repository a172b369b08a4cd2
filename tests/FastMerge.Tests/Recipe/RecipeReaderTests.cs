using FastMerge.Core;
using FastMerge.Recipe;
using static FastMerge.Tests.Recipe.RecipeText;

namespace FastMerge.Tests.Recipe;

public class RecipeReaderTests
{
    const string Complete = """
        merge_method: ties
        name: mine
        base_model: org/base@main
        models:
        - model: org/a
          parameters: {weight: 0.5, density: 1e-1}
        - model:
            model: {path: "odd+name", revision: v2}
            lora: {path: adapter}
            override_architecture: LlamaForCausalLM
        parameters:
          normalize: no
        dtype: torch.float32
        out_dtype: bfloat16
        """;

    [Fact]
    public void CompleteRecipe_IsReadWithPlaces()
    {
        var recipe = Read(Complete);
        Assert.Equal(new("ties", new("r.yml", 1, 15)), recipe.MergeMethod);
        Assert.Equal("mine", recipe.Name?.Value);
        Assert.Equal(new ModelReference(new("org/base", "main")), recipe.Base);
        Assert.Equal(["org/a", "odd+name@v2+adapter"], recipe.Models.Select(m => m.Model.ToString()));
        Assert.Equal("LlamaForCausalLM", recipe.Models[1].Model.OverrideArchitecture);
        Assert.Equal(DType.F32, recipe.DType?.Value);
        Assert.Equal(DType.BF16, recipe.OutDType?.Value);
        Assert.Equal(["normalize", "weight", "density"], recipe.AllParameters().Select(u => u.Parameter.Key));
        Assert.Equal(new("r.yml", 6, 16), recipe.AllParameters().ElementAt(1).Parameter.KeySpan);
        Assert.Empty(recipe.Warnings);
    }

    [Theory]
    [InlineData("models: [{model: a, layer_range: [0, 2]}]", "'layer_range' has no effect")]
    [InlineData("models: [{model: a, weight: 1}]", "'weight' has no effect")]
    [InlineData("models: [{model: a}]\nnormalize: true", "'normalize' has no effect")]
    [InlineData("models: [{model: a}]\nchat_template: auto", "'chat_template' has no effect yet")]
    public void KeyKnownElsewhere_IsAWarning(string rest, string expected)
    {
        var warning = Assert.Single(Read("merge_method: linear\n" + rest).Warnings);
        Assert.Contains(expected, warning.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("merge_metod: linear", "r.yml:1:1: unknown key 'merge_metod'", "nearest is 'merge_method'")]
    [InlineData("merge_method: linear\nmodels: [{mode1: a}]", "r.yml:2:11: unknown key 'mode1'", "nearest is 'model'")]
    [InlineData("models: [{model: a}]", "r.yml:1:1: 'merge_method' is missing", "name of a method")]
    [InlineData("merge_method: linear", "r.yml:1:1: the recipe lists nothing to merge", "models or slices or modules")]
    [InlineData("merge_method: linear\nmodels: {model: a}", "r.yml:2:9: 'models' must be a list", "found a mapping")]
    [InlineData("merge_method: linear\nmodels: a", "r.yml:2:9: 'models' must be a list", "found 'a'")]
    [InlineData("merge_method: linear\nmodels: []", "r.yml:2:9: 'models' is empty", "")]
    [InlineData("merge_method: linear\nmodels: [a]", "r.yml:2:10: an entry of 'models' must be a mapping", "found 'a'")]
    [InlineData("merge_method: linear\nmodels: [{parameters: {}}]", "r.yml:2:10: 'model' is missing", "")]
    [InlineData("merge_method: [linear]\nmodels: [{model: a}]", "r.yml:1:15: 'merge_method' is a list", "a word")]
    [InlineData("merge_method: linear\nmodels: [{model: a, parameters: 3}]", "r.yml:2:33: 'parameters' must be", "'3'")]
    [InlineData("merge_method: linear\nmodels: [{model: a+b+c}]", "r.yml:2:18: model 'a+b+c'", "accepted: path")]
    [InlineData("merge_method: linear\nmodels: [{model: ''}]", "r.yml:2:18: the model's path is empty", "")]
    [InlineData("merge_method: linear\nmodels: [{model: a}]\ndtype: bf17", "r.yml:3:8: 'dtype' is 'bf17'", "bfloat16")]
    [InlineData("merge_method: linear\nmodels: [{model: a}]\nslices: [{}]", "r.yml:3:1: 'slices'", "exclude")]
    public void WrongShape_NamesPlaceAndWhatIsAccepted(string text, string start, string part)
    {
        var message = ReadFailure(text);
        Assert.StartsWith(start, message, StringComparison.Ordinal);
        Assert.Contains(part, message, StringComparison.Ordinal);
    }

    [Fact]
    public void UnknownKey_IsAWarningIfLenient()
    {
        var recipe = Read("merge_method: linear\nmodels: [{model: a}]\nbase_modle: b", Strict with { Lenient = true });
        var warning = Assert.Single(recipe.Warnings).ToString();
        Assert.Contains("r.yml:3:1: unknown key 'base_modle'", warning, StringComparison.Ordinal);
        Assert.Contains("nearest is 'base_model'", warning, StringComparison.Ordinal);
    }

    [Fact]
    public void ExistingPathWithPlus_IsTakenWhole()
    {
        const string Text = "merge_method: linear\nmodels: [{model: a+b/}]";
        Assert.Equal(new ModelReference(new("a+b")), Read(Text, new() { PathExists = _ => true }).Models[0].Model);
        Assert.Equal(new ModelReference(new("a"), new("b")), Read(Text).Models[0].Model);
    }

    [Fact]
    public void SlicesAndModules_AreReadAsData()
    {
        var recipe = Read("""
            merge_method: linear
            modules:
              text_decoder:
                parameters: {normalize: false}
                slices:
                - sources:
                  - {model: a, layer_range: [0, 2], parameters: {weight: 1}}
                  - {model: b, layer_range: [1, 3]}
                  parameters: {weight: 0.25}
                  base_model: b
            """);
        var slice = Assert.Single(Assert.Single(recipe.Modules).Slices);
        Assert.Equal([(0, 2), (1, 3)], slice.Sources.Select(s => (s.From, s.To)));
        Assert.Equal("b", slice.Base?.ToString());
        Assert.Equal(["normalize", "weight", "weight"], recipe.AllParameters().Select(u => u.Parameter.Key));
    }

    [Fact]
    public void File_IsReadAndNamedInFailures()
    {
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".yml");
        try
        {
            File.WriteAllText(path, Complete);
            Assert.Equal("ties", RecipeReader.ReadDocuments(path, Strict).Output.MergeMethod.Value);
            File.WriteAllBytes(path, [0x6d, 0xff]);
            var message = Failure(() => RecipeReader.ReadDocuments(path, Strict));
            Assert.EndsWith("is not text in UTF-8: invalid byte at offset 1", message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
        var absent = Failure(() => RecipeReader.ReadDocuments(path, Strict));
        Assert.Contains("does not exist", absent, StringComparison.Ordinal);
        var folder = Assert.Throws<FastMergeException>(() => RecipeReader.ReadDocuments(Path.GetTempPath(), Strict));
        Assert.Equal(FailureKind.Io, folder.Kind);
    }
}
