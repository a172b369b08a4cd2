using FastMerge.Core;
using FastMerge.Primitives;
using FastMerge.Recipe;

namespace FastMerge.Plan;

/// <summary>Which methods others can be built around.</summary>
static class InnerMethods
{
    /// <summary>The methods that a parameter accepts, by name.</summary>
    public static IEnumerable<MergeMethod> Accepted(Inner parameter) =>
        MethodCatalog.All.Where(m => Obstacle(parameter, m) is null);

    /// <summary>The method of a word, or the one of recipes that say nothing.</summary>
    /// <exception cref="FastMergeException">Recipe: no method, or one that does not fit in.</exception>
    public static MergeMethod Find(Inner parameter, ResolvedValue? word)
    {
        if (word is null) return parameter.Standard;
        var method = MethodCatalog.Find(word.Text);
        string[] accepted = [.. Accepted(parameter).Select(m => m.Signature.Name)];
        if (method is null) throw word.NotOneOf(accepted);
        return Obstacle(parameter, method) is not { } obstacle ? method : throw RecipeError.At(word.Span,
            $"'{parameter.Name}' is '{word.Text}', {obstacle}; accepted: {string.Join(", ", accepted)}");
    }

    /// <summary>
    /// The methods that a recipe and a rule name for a parameter, mistyped ones taken for the nearest, and the usual
    /// one where they need not name any.
    /// </summary>
    public static IEnumerable<MergeMethod> Named(Inner parameter, MergeRecipe recipe, RuleEntry? rule)
    {
        var words = recipe.AllParameters().Select(u => u.Parameter).Concat(rule?.Parameters.Entries ?? [])
            .Where(e => e.Key == parameter.Name).SelectMany(e => e.Value.Leaves).Select(l => l.Text).ToHashSet();
        if (recipe.Parameters[parameter.Name] is not ParameterValue.Scalar
            && rule?.Parameters[parameter.Name] is not ParameterValue.Scalar)
            words.Add(parameter.Standard.Signature.Name);
        MergeMethod[] accepted = [.. Accepted(parameter)];
        string[] names = [.. accepted.Select(m => m.Signature.Name)];
        var meant = words.Select(w => names.Contains(w) ? w : DisplayText.Nearest(w, names)).ToHashSet();
        return accepted.Where(m => meant.Contains(m.Signature.Name));
    }

    /// <summary>Fails if a method cannot merge so many models inside another one.</summary>
    /// <exception cref="FastMergeException">Recipe: it takes more or fewer, or reads the whole model.</exception>
    public static void Require(Inner parameter, InnerMethod inner, int models, SourceSpan span)
    {
        var signature = inner.Method.Signature;
        if (models < signature.MinModels || models > signature.MaxModels)
            throw RecipeError.At(
                span, $"inner method {signature.Name} takes {signature.CountText}; there are {models}");
        if (!parameter.OfMatrices) return;
        var expression = inner.Merge(new(models, HasBase: true, IsVector: false));
        if (TensorPasses.Cut(expression).OverModel.Any())
            throw RecipeError.At(span, $"inner method {signature.Name} with {inner.Switches.Text} ranks or adds up "
                + "elements of the whole model; accepted inside another method: what stays within a tensor");
    }

    /// <summary>Why a method cannot be built in, as a clause; null if it can.</summary>
    static string? Obstacle(Inner parameter, MergeMethod method)
    {
        var signature = method.Signature;
        if (parameter.Words?.Contains(signature.Name) == false) return "which this method is not built around";
        if (signature.Parameters.OfType<Inner>().Any()) return "which is built around another method itself";
        if (parameter.OfMatrices && method.UsesMatrices) return "which computes with matrices itself";
        return signature.Base switch
        {
            BaseUse.EndPoint => "which takes the base for one of the models",
            BaseUse.SoleModel => "which takes one model and no base",
            BaseUse.Input => "which takes the base for one more model",
            _ => null,
        };
    }
}
