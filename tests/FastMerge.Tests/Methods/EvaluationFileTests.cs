using FastMerge.Core;
using FastMerge.Plan;
using FastMerge.Recipe;
using FastMerge.Testing;
using FastMerge.Testing.Checkpoints;

namespace FastMerge.Tests.Methods;

/// <summary>Files of evaluated averages: what methods make of them, and what is wrong with them.</summary>
public sealed class EvaluationFileTests : IDisposable
{
    readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>b is best, c raises it, a does not.</summary>
    [Fact]
    public void Greedy_soup_follows_the_scores() => Assert.Equal([0, 1, 1], Numbers("greedy_soup", "scores", """
        m/a,m/b,m/c,score,seconds
        1,0,0,70,1
        0,1,0,75.5,1
        ,,1,71,2
        0,1,1,76,3
        1,1,1,75.9,4
        """));

    [Fact]
    public void Greedy_soup_keeps_a_model_that_does_no_harm() => Assert.Equal([1, 1, 0], Numbers(
        "greedy_soup", "scores", "c,b,a,score\n0,0,1,5\n0,1,0,4\n1,0,0,3\n0,0.5,0.5,5\n1,1,1,4\n"));

    [Theory]
    [InlineData("a,b,c,score\n1,0,0,5\n0,1,0,4\n", "no score of m/c alone; evaluate it next")]
    [InlineData("a,b,c,score\n1,0,0,5\n0,1,0,4\n0,0,1,3\n",
        "no score of the next average; evaluate the uniform average of m/a, m/b")]
    [InlineData("a,b,c,score\n1,0,0,5\n0,1,0,4\n0,0,1,3\n1,1,0,6\n",
        "no score of the next average; evaluate the uniform average of m/a, m/b, m/c")]
    [InlineData("a,b,c,score\n1,0,0,5\n0,1,0,4\n0,0,1,3\n1,0,0,6\n", "lines 2 and 5 both score m/a")]
    public void Greedy_soup_names_the_average_to_evaluate_next(string text, string message)
    {
        var failure = Assert.Throws<FastMergeException>(() => Numbers("greedy_soup", "scores", text));
        Assert.Equal((FailureKind.Recipe, $"{Path}: {message}"), (failure.Kind, failure.Message[..(Path.Length + 2
            + message.Length)]));
    }

    [Fact]
    public void Lm_cocktail_averages_the_losses_of_a_model() => Assert.Equal([1.5, 2, 0.25], Numbers(
        "lm_cocktail", "eval", "\"m/a\",m/b, c ,loss\r\n1,0,0,1\r\n1,0,0,2\r\n0,1,0,2\r\n0,0,1,2.5e-1\r\n"));

    [Theory]
    [InlineData("a,b,loss\n", "1:1: no column for the model 'm/c'")]
    [InlineData("a,b,c,losses\n", "1:1: no column for the metric 'loss', nearest is 'losses'")]
    [InlineData("a,b,c,loss\n1,0,0\n", "2:1: 3 cells; the first line names 4 columns")]
    [InlineData("a,b,c,loss\n\n1,0,zero,3\n", "3:5: 'zero'; accepted: a finite number")]
    [InlineData("a,b,c,loss\n1,0,0,nan\n", "2:7: 'nan'; accepted: a finite number")]
    [InlineData("a,b,c,loss\n1,0,0,\n", "2:7: ''; accepted: a finite number")]
    [InlineData("a,b,c,loss\n1,\"0,0,1\n", "2:3: a quote is not closed on its line")]
    public void A_bad_file_is_refused_by_line_and_column(string text, string message)
    {
        var failure = Assert.Throws<FastMergeException>(() => Numbers("lm_cocktail", "eval", text));
        Assert.Equal(FailureKind.Recipe, failure.Kind);
        Assert.StartsWith($"{Path}:{message}", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_is_named_where_the_recipe_names_it()
    {
        var failure = Assert.Throws<FastMergeException>(() => Bind("lm_cocktail", "eval"));
        Assert.Equal(
            (FailureKind.Recipe, $"r.yml:3:20: 'eval' is '{Path}'; accepted: an existing CSV file"),
            (failure.Kind, failure.Message));
    }

    /// <summary>Scores may be measured after the recipe is written; only a check with models asks for them.</summary>
    [Fact]
    public void A_missing_file_is_a_warning_where_models_need_not_be_there()
    {
        var check = RecipeTools.Check(RecipeSource.Yaml(Recipe("lm_cocktail", "eval"), "r.yml"));
        Assert.Empty(check.Failures);
        Assert.Equal([$"r.yml:3:20: 'eval' is '{Path}': no such file yet"], check.Warnings);
        foreach (var name in new[] { "a", "b", "c" })
            SafetensorsFile.Write(
                _folder[$"m/{name}/model.safetensors"], [StoredTensor.Of("x", "F32", [2], [1, 2])]);
        var text = Recipe("lm_cocktail", "eval").Replace("m/", _folder["m/"], StringComparison.Ordinal);
        Assert.Equal([$"r.yml:3:20: 'eval' is '{Path}'; accepted: an existing CSV file"],
            RecipeTools.Check(RecipeSource.Yaml(text, "r.yml"), models: true).Failures.Select(f => f.Message));
    }

    [Fact]
    public void A_file_that_is_no_text_is_refused()
    {
        File.WriteAllBytes(Path, [0x61, 0xff]);
        var failure = Assert.Throws<FastMergeException>(() => Bind("lm_cocktail", "eval"));
        Assert.Contains("invalid UTF-8 at offset 1", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_large_file_is_refused()
    {
        File.WriteAllBytes(Path, new byte[(1 << 20) + 1]);
        var failure = Assert.Throws<FastMergeException>(() => Bind("lm_cocktail", "eval"));
        Assert.Equal(FailureKind.Recipe, failure.Kind);
        Assert.Contains("at most 1048576 are read; accepted: a CSV file", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("merge_method: greedy_soup\nmodels: [{model: a}]", "parameter 'scores' is required and missing")]
    [InlineData("merge_method: lm_cocktail\nmodels: [{model: a}]", "takes either 'loss' of every model or 'eval'")]
    [InlineData("merge_method: lm_cocktail\nmodels: [{model: a, parameters: {loss: 1}}, {model: b}]",
        "parameter 'loss' is required and missing")]
    [InlineData("merge_method: checkpoint_average\nmodels: [{model: a}]\nparameters: {average: ema}",
        "average 'ema' needs parameter 'alpha'")]
    [InlineData("merge_method: checkpoint_average\nmodels: [{model: a}]\nparameters: {alpha: 0.5}",
        "parameter 'alpha' is for average 'ema'")]
    [InlineData("merge_method: della\nbase_model: b\nmodels: [{model: a, parameters: {weight: 1, density: 0.1}}]",
        "'density' 0.1 with 'epsilon' 0.15 gives probabilities outside 0 to 1")]
    [InlineData("merge_method: della_linear\nbase_model: b\n"
        + "models: [{model: a, parameters: {weight: 1, density: 0.7, epsilon: 0.3}}]", "density + epsilon below 1")]
    [InlineData("merge_method: karcher\nmodels: [{model: a}]\nparameters: {max_iter: 1.5}", "a whole number from 0")]
    public void A_recipe_that_says_too_little_is_refused(string text, string message)
    {
        var failure = Assert.Throws<FastMergeException>(() => Tests.Recipe.RecipeText.Bind(text));
        Assert.Equal(FailureKind.Recipe, failure.Kind);
        Assert.Contains(message, failure.Message, StringComparison.Ordinal);
    }

    /// <summary>A changed file is another plan, even where the numbers that follow from it are the same.</summary>
    [Fact]
    public void The_content_of_the_file_is_part_of_the_plan()
    {
        foreach (var model in new[] { "a", "b" })
            SafetensorsFile.Write(
                _folder[$"m/{model}/model.safetensors"], [StoredTensor.Of("x", "F32", [2], [1, 2])]);
        string Identity(string csv)
        {
            File.WriteAllText(Path, csv);
            var recipe = RecipeReader.ParseDocuments(
                $"merge_method: greedy_soup\nparameters: {{scores: {Path}}}\n"
                    + $"models: [{{model: {_folder.Root}/m/a}}, {{model: {_folder.Root}/m/b}}]", "r.yml", new());
            var plan = MergePlanner.Create(recipe, new(), new(false), FastMerge.Checkpoint.FileStorage.Instance);
            return System.Text.Encoding.UTF8.GetString(PlanIdentity.Write(plan, 0, false, "1"));
        }

        var first = Identity("a,b,score\n1,0,2\n0,1,1\n1,1,0\n");
        Assert.Equal(first, Identity("a,b,score\n1,0,2\n0,1,1\n1,1,0\n"));
        Assert.NotEqual(first, Identity("a,b,score\n1,0,3\n0,1,1\n1,1,0\n"));
    }

    string Path => _folder["scores.csv"];

    double[] Numbers(string method, string key, string text)
    {
        File.WriteAllText(Path, text);
        var bound = Bind(method, key);
        var slice = bound.Modules[0].Slices[0];
        var nameless = Enumerable.Repeat(TensorTraits.OfName(""), 3).ToArray();
        return bound.Methods[0].ValuesFor(slice, [0, 1, 2], nameless, nameless[0], 0).All
            .Single(v => v.Key.Name == key).Value;
    }

    BoundRecipe Bind(string method, string key) => Tests.Recipe.RecipeText.Bind(Recipe(method, key));

    string Recipe(string method, string key) =>
        $"merge_method: {method}\nmodels: [{{model: m/a}}, {{model: m/b}}, {{model: m/c}}]\n"
            + $"parameters: {{{key}: {Path}}}";
}
