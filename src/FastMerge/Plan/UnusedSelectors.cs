using FastMerge.Recipe;

namespace FastMerge.Plan;

/// <summary>Finds filters and rules that are for no tensor: most often a slip in a name.</summary>
static class UnusedSelectors
{
    /// <summary>A warning for each selector of a recipe that takes none of the tensors.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="tensors">Every tensor, as the models and as the output name it.</param>
    public static IEnumerable<RecipeWarning> Of(MergeRecipe recipe, Func<IEnumerable<TensorTraits>> tensors)
    {
        (Selector Selector, string What)[] selectors =
        [
            .. recipe.Rules.Select(r => (r.Tensors, "the rule's 'tensors'")),
            .. recipe.AllParameters().Select(u => u.Parameter)
                .Concat(recipe.Rules.SelectMany(r => r.Parameters.Entries)).Select(e => e.Value)
                .OfType<ParameterValue.Conditional>().SelectMany(c => c.Cases)
                .Where(c => c.Filter is not null).Select(c => (c.Filter!, "the filter")),
        ];
        if (selectors.All(s => s.Selector.IsEverything)) return [];
        var all = tensors().Distinct().ToArray();
        return [.. selectors.Where(s => !all.Any(s.Selector.Matches)).Select(s => new RecipeWarning(s.Selector.Span,
            $"{s.What} ({s.Selector}) is for no tensor{Nearest(s.Selector, all)}"))];
    }

    static string Nearest(Selector selector, IEnumerable<TensorTraits> tensors) => selector.Name is not { } name ? ""
        : RecipeError.Nearest(name, tensors.SelectMany(t => t.Name.Split('.')).Distinct());
}
