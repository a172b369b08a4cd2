using FastMerge.Checkpoint;
using FastMerge.Core;
using FastMerge.Plan;
using FastMerge.Recipe;

namespace FastMerge;

/// <summary>Finds the models of a recipe before any of them is opened, so that a failure names its place.</summary>
static class ModelPaths
{
    /// <summary>A failure for each model that is neither a stage nor to be found, in the recipe's order.</summary>
    public static IEnumerable<FastMergeException> Missing(RecipeFile file, IStorage storage)
    {
        var hub = HubCache.FromEnvironment();
        var models = file.Documents.SelectMany(d => d.AllModels()).Where(m => file.StageOf(m) is null).Distinct();
        var stages = file.Documents.SelectMany(d => d.AllModels()).Where(m => file.StageOf(m) is not null).Distinct();
        return models.Select(m => Failure(m, m.Model, storage, hub))
            .Concat(models.Concat(stages).Select(m => m.Lora is null ? null : Failure(m, m.Lora, storage, hub)))
            .OfType<FastMergeException>();
    }

    /// <summary>
    /// Whether a failure is about a method and its models as a whole. A model that is missing explains it: the base
    /// under a wrong path is one model too many.
    /// </summary>
    public static bool Explains(FastMergeException failure, RecipeFile file) => file.Documents
        .SelectMany(d => d.Rules.Select(r => r.MergeMethod).Append(d.MergeMethod))
        .Any(m => failure.Message.Contains($": method {m.Value} ", StringComparison.Ordinal));

    /// <summary>Plans a merge; a model that is not there is named before what follows from that.</summary>
    public static PlannedMerge Plan(RecipeFile file, RecipeOptions options, PlanOptions plan, IStorage storage)
    {
        try
        {
            return MergePlanner.Create(file, options, plan, storage);
        }
        catch (FastMergeException e) when (e.Kind == FailureKind.Input || Explains(e, file))
        {
            foreach (var missing in Missing(file, storage)) throw missing;
            throw;
        }
    }

    static FastMergeException? Failure(
        ModelReference model, ModelAddress part, IStorage storage, HubCache hub)
    {
        try
        {
            new ModelLocation(part.ToString()).Resolve(storage, hub);
            return null;
        }
        catch (FastMergeException e) when (e.Kind == FailureKind.Input)
        {
            return new(e.Kind, $"{model.Span}: {e.Message}", e);
        }
    }
}
