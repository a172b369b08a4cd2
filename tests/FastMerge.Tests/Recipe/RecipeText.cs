using FastMerge.Core;
using FastMerge.Plan;
using FastMerge.Recipe;

namespace FastMerge.Tests.Recipe;

/// <summary>Short ways to read recipes in tests.</summary>
static class RecipeText
{
    public static readonly RecipeOptions Strict = new() { PathExists = _ => false };

    public static MergeRecipe Read(string text, RecipeOptions? options = null) =>
        Assert.Single(RecipeReader.ParseDocuments(text, "r.yml", options ?? Strict).Documents);

    public static BoundRecipe Bind(string text, RecipeOptions? options = null) =>
        BoundRecipe.Bind(Read(text, options), options ?? Strict);

    /// <summary>The values of the recipe's own method for a tensor of the first slice that some sources have.</summary>
    public static ParameterValues ValuesFor(BoundRecipe bound, int[] sources, string input, string output) =>
        bound.Methods[0].ValuesFor(bound.Modules[0].Slices[0], sources,
            [.. sources.Select(_ => TensorTraits.OfName(input))], TensorTraits.OfName(output), 0);

    /// <summary>The message of the failure, which must be of kind Recipe and one line.</summary>
    public static string Failure(Func<object> action)
    {
        var failure = Assert.Throws<FastMergeException>(action);
        Assert.Equal(FailureKind.Recipe, failure.Kind);
        Assert.DoesNotContain('\n', failure.Message);
        return failure.Message;
    }

    public static string ReadFailure(string text) => Failure(() => Read(text));

    public static string BindFailure(string text) => Failure(() => Bind(text));
}
