using FastMerge.Checkpoint;
using FastMerge.Checkpoint.Output;
using FastMerge.Core;
using FastMerge.Recipe;

namespace FastMerge.Plan;

/// <summary>Plans a merge: opens the inputs, and goes through the documents of the recipe, the output last.</summary>
static class MergePlanner
{
    /// <summary>Plans a merge from the headers of its inputs.</summary>
    /// <exception cref="FastMergeException">Recipe: it is not one of these models. Input: a model is missing or
    /// malformed. Plan: the inputs do not fit together.</exception>
    public static PlannedMerge Create(
        RecipeFile file, RecipeOptions recipeOptions, PlanOptions options, IStorage storage)
    {
        var documents = file.Stages.Select(s => BoundRecipe.Bind(s, recipeOptions, storage)).ToArray();
        var models = new OpenModels(file, documents, storage);
        var stages = new List<PlannedMerge>();
        foreach (var document in documents)
        {
            stages.Add(new DocumentPlanner(document, models, options).Plan());
            models.Add(stages[^1]);
        }
        MergeGroup.Fill(stages.SelectMany(s => s.Tensors));
        return stages[^1] with
        {
            Checkpoints = models.Checkpoints,
            Stages = [.. stages],
            Warnings =
            [
                .. file.Warnings.Except(documents.SelectMany(d => d.Recipe.Warnings)).Select(w => w.ToString()),
                .. documents.SelectMany(d => d.Warnings).Select(w => w.ToString()),
                .. models.Checkpoints.SelectMany(c => c.Warnings),
                .. stages.SelectMany(s => s.Warnings).Distinct(),
            ],
        };
    }
}

/// <summary>Plans one document of a recipe: its modules, its tensors, its configuration.</summary>
sealed class DocumentPlanner(BoundRecipe recipe, OpenModels models, PlanOptions options)
{
    readonly InputFinder _finder = new(s => models[s.Model]);
    readonly ShapeRules _shapes = new(options.Strict);

    /// <summary>The plan.</summary>
    /// <exception cref="FastMergeException">Recipe: a layer range or a module that the models do not have. Plan: the
    /// inputs do not fit together.</exception>
    public PlannedMerge Plan()
    {
        var resolver = new ModuleResolver(recipe, models);
        var modules = resolver.Resolve();
        foreach (var module in modules) module.Tensors.CheckRanges();
        var planner = new TensorPlanner(recipe, _finder, _shapes, options.InFactors);
        var outputs = modules.SelectMany(m => m.Tensors.All()).ToArray();
        var unused = UnusedSelectors.Of(recipe.Recipe, () => outputs.SelectMany(Traits));
        var tensors = outputs.Select(planner.Plan).OfType<PlannedTensor>()
            .OrderBy(t => t.Output.Name, NaturalOrder.Instance).ToArray();
        var donor = models[recipe.Recipe.Base ?? recipe.Modules[0].Slices[0].Sources[0].Model];
        var config = new OutputConfig(donor, tensors)
        {
            VocabularyRows = _shapes.VocabularyRows,
            HasUntiedHead = _finder.HasUntiedHead,
            Stacks = [.. modules.Where(m => m.IsStack).Select(m => (m.Name, m.Tensors.Stack()))],
        };
        return new()
        {
            Recipe = recipe,
            Checkpoints = models.Checkpoints,
            Donor = donor.SideFiles,
            Family = donor.Names.Family,
            Config = config.ToBytes(),
            Tensors = tensors,
            Warnings =
            [
                .. unused.Select(w => w.ToString()), .. resolver.Warnings, .. planner.Warnings, .. config.Warnings,
            ],
        };
    }

    /// <summary>A tensor as filters see it: in the output and in each model.</summary>
    IEnumerable<TensorTraits> Traits(OutputTensor tensor) => tensor.Slice.Sources
        .Select((source, i) => tensor.In(i, models[source.Model])).Prepend(tensor.Traits);
}
