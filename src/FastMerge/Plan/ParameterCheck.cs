using FastMerge.Primitives;
using FastMerge.Recipe;

namespace FastMerge.Plan;

/// <summary>Checks the parameters of a recipe against those its methods declare.</summary>
static class ParameterCheck
{
    /// <summary>Keys that no method of the recipe reads where they are written.</summary>
    /// <exception cref="Core.FastMergeException">Recipe: a key that nobody knows.</exception>
    public static IEnumerable<RecipeWarning> Keys(
        MergeRecipe recipe, IReadOnlyList<MethodBinding> methods, RecipeOptions options)
    {
        var known = MethodCatalog.All.SelectMany(m => m.Signature.Parameters).Select(p => p.Name).Distinct().ToArray();
        var declared = methods.SelectMany(m => m.Parameters).ToLookup(p => p.Name);
        string[] names = [.. declared.Select(d => d.Key)];
        string[] shared = [.. declared.Where(d => d.All(p => !p.IsPerModel)).Select(d => d.Key)];
        var uses = recipe.AllParameters().ToArray();
        return
        [
            .. uses.Where(u => !declared.Contains(u.Parameter.Key)).Select(u => KeyCheck.UnknownKey(
                u.Parameter.Key, u.Parameter.KeySpan, For(methods), names, options, known)),
            .. uses.Where(u => u.Model is not null && shared.Contains(u.Parameter.Key)).Select(u => KeyCheck.UnknownKey(
                u.Parameter.Key, u.Parameter.KeySpan, "under a model; it belongs to the whole recipe", [], options,
                shared)),
            .. methods.Where(m => m.Rule is not null).SelectMany(m => KeysOfRule(m, options, known)),
        ];
    }

    /// <summary>Checks every value that is written for a parameter of the methods.</summary>
    /// <exception cref="Core.FastMergeException">Recipe: a value that its parameter does not accept.</exception>
    public static void Values(
        MergeRecipe recipe, IReadOnlyList<MethodBinding> methods, RecipeOptions options)
    {
        foreach (var method in methods)
        {
            var declared = method.Parameters.ToLookup(p => p.Name);
            var entries = recipe.AllParameters().Select(u => u.Parameter).Concat(method.Rule?.Parameters.Entries ?? []);
            foreach (var entry in entries)
                foreach (var parameter in declared[entry.Key])
                    foreach (var leaf in entry.Value.Leaves) options.Try(() => Check(parameter, leaf));
        }
    }

    /// <summary>The word of a choice.</summary>
    /// <exception cref="Core.FastMergeException">Recipe: none of the choice's words.</exception>
    public static string WordOf(Choice choice, ResolvedValue value) => choice.Words.Contains(value.Text) ? value.Text
        : throw value.NotOneOf(choice.Words);

    static IEnumerable<RecipeWarning> KeysOfRule(MethodBinding method, RecipeOptions options, string[] known)
    {
        string[] names = [.. method.Parameters.Select(p => p.Name).Distinct()];
        return method.Rule!.Parameters.Entries.Where(e => !names.Contains(e.Key)).Select(e =>
            KeyCheck.UnknownKey(e.Key, e.KeySpan, For([method]), names, options, known));
    }

    static string For(IReadOnlyList<MethodBinding> methods)
    {
        string[] names = [.. methods.Select(m => m.Title).Distinct()];
        return $"for method{(names.Length == 1 ? "" : "s")} {string.Join(", ", names)}";
    }

    static void Check(Parameter parameter, ResolvedValue leaf)
    {
        switch (parameter)
        {
            case Flag:
                leaf.AsBoolean();
                break;
            case Choice choice:
                WordOf(choice, leaf);
                break;
            case Inner inner:
                InnerMethods.Find(inner, leaf);
                break;
            case Table:
                break;
            default:
                var bounds = parameter is Global g ? g.Bounds : ((PerModel)parameter).Bounds;
                if (!bounds.Contains(leaf.AsNumber())) throw leaf.NotA(bounds.ToString());
                break;
        }
    }
}
