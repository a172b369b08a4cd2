using FastMerge.Core;
using FastMerge.Recipe;

namespace FastMerge.Plan;

/// <summary>A part of the models and the tensors that it gives.</summary>
/// <param name="Name">The part's name in the models; empty for models of one part.</param>
/// <param name="IsStack">Whether the recipe stacks its layers, so that their number may change.</param>
/// <param name="Tensors">Its tensors.</param>
sealed record ResolvedModule(string Name, bool IsStack, OutputTensors Tensors);

/// <summary>Finds the parts of the models that the modules of a recipe name.</summary>
sealed class ModuleResolver(BoundRecipe recipe, OpenModels models)
{
    const string OnlyModule = "default";

    readonly List<string> _warnings = [];

    /// <summary>What was odd.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>The modules.</summary>
    /// <exception cref="FastMergeException">Recipe: a module that the models do not have, or slices of models with
    /// several modules.</exception>
    public IReadOnlyList<ResolvedModule> Resolve()
    {
        var read = recipe.Modules.SelectMany(m => m.Slices)
            .SelectMany(s => s.Sources.Where((_, i) => recipe.Reads(s, i))).Select(s => models[s.Model]).Distinct();
        string[] known = [.. read.SelectMany(m => m.Names.Modules).Distinct()];
        if (recipe.Modules is [{ Name: null } all])
        {
            if (!all.Slices[0].IsWhole && known.Length > 1)
                throw RecipeError.At(all.Slices[0].Span, $"the models have several stacks of layers; accepted: "
                    + $"'modules' with 'slices' under {string.Join(", ", known)}");
            return [.. known.Select(name => Module(name, all))];
        }
        var resolved = recipe.Modules.Select(m => Module(Known(m, known), m)).ToArray();
        foreach (var absent in known.Except(resolved.Select(r => r.Name)))
            _warnings.Add($"module {absent} of the models is not in the recipe; the output lacks its tensors");
        return resolved;
    }

    ResolvedModule Module(string name, ModuleLayout layout) => new(
        name, !layout.Slices[0].IsWhole, new(name, layout.Slices, recipe.Reads, s => models[s.Model]));

    static string Known(ModuleLayout module, string[] known)
    {
        var name = module.Name!;
        if (known.Contains(name)) return name;
        if (known is [""] && name == OnlyModule) return "";
        string[] accepted = known is [""] ? [OnlyModule] : known;
        var nearest = DisplayText.Nearest(name, accepted) is { } near ? $", nearest is '{near}'" : "";
        throw RecipeError.At(module.Span, $"the models have no module {RecipeError.Quote(name)}{nearest}; accepted: "
            + string.Join(", ", accepted));
    }
}
