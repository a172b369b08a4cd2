using System.Collections.Immutable;

namespace FastMerge.Recipe;

/// <summary>
/// The documents of a recipe file. A document may take the output of another as a model, by its name; such a
/// document is a stage.
/// </summary>
/// <param name="Documents">In the order they are written.</param>
sealed record RecipeFile(ImmutableArray<MergeRecipe> Documents)
{
    /// <summary>The documents that the output needs, each after those it takes models from, the output
    /// last.</summary>
    public ImmutableArray<MergeRecipe> Stages { get; } = StageOrder.Sort(Documents);

    /// <summary>The document whose merge is written: the one without a name, else the last in order.</summary>
    public MergeRecipe Output => Stages[^1];

    /// <summary>What the reader found odd, in every document.</summary>
    public IEnumerable<RecipeWarning> Warnings => [.. Documents.SelectMany(d => d.Warnings), .. UnusedStages()];

    /// <summary>The document that a model names, or null for a checkpoint.</summary>
    public MergeRecipe? StageOf(ModelReference model) => StageOrder.Find(Documents, model);

    IEnumerable<RecipeWarning> UnusedStages() => Documents.Where(d => !Stages.Contains(d)).Select(d =>
        new RecipeWarning(d.Name!.Value.Span,
            $"the merge named {RecipeError.Quote(d.Name.Value.Value)} is not made: the output does not use it"));
}

/// <summary>Puts documents after those they take models from.</summary>
static class StageOrder
{
    /// <summary>The document that a model names, or null.</summary>
    public static MergeRecipe? Find(ImmutableArray<MergeRecipe> documents, ModelReference model) =>
        model.Model.Revision is not null ? null
            : documents.FirstOrDefault(d => d.Name is { } name && name.Value == model.Model.Path);

    /// <summary>What the output needs, the output last.</summary>
    /// <exception cref="Core.FastMergeException">Recipe: a name twice, two documents without one, or a circle.
    /// </exception>
    public static ImmutableArray<MergeRecipe> Sort(ImmutableArray<MergeRecipe> documents)
    {
        if (documents.IsEmpty) return [];
        CheckNames(documents);
        var ordered = new List<MergeRecipe>();
        foreach (var document in documents) Visit(document, documents, ordered, []);
        var output = ordered.Find(d => d.Name is null) ?? ordered[^1];
        var needed = new List<MergeRecipe>();
        Visit(output, documents, needed, []);
        return [.. needed];
    }

    static void CheckNames(ImmutableArray<MergeRecipe> documents)
    {
        var unnamed = documents.Where(d => d.Name is null).ToArray();
        if (unnamed.Length > 1)
            throw RecipeError.At(unnamed[1].Span, "two documents have no 'name', the first at line "
                + $"{unnamed[0].Span.Line}; accepted: one without a name, whose merge is the output");
        foreach (var group in documents.Where(d => d.Name is not null).GroupBy(d => d.Name!.Value.Value))
            if (group.ElementAtOrDefault(1) is { } second)
                throw RecipeError.At(second.Name!.Value.Span, $"name {RecipeError.Quote(group.Key)} is given twice, "
                    + $"first at line {group.First().Name!.Value.Span.Line}");
    }

    static void Visit(
        MergeRecipe document, ImmutableArray<MergeRecipe> documents, List<MergeRecipe> done, List<MergeRecipe> path)
    {
        if (done.Contains(document)) return;
        if (path.Contains(document)) throw Circle([.. path.SkipWhile(d => d != document)]);
        path.Add(document);
        foreach (var model in document.AllModels())
            if (Find(documents, model) is { } stage) Visit(stage, documents, done, path);
        path.RemoveAt(path.Count - 1);
        done.Add(document);
    }

    static Core.FastMergeException Circle(IReadOnlyList<MergeRecipe> merges)
    {
        string[] names = [.. merges.Select(d => RecipeError.Quote(d.Name!.Value.Value))];
        return RecipeError.At(merges[0].Name!.Value.Span, names.Length > 1
            ? $"these merges need each other: {string.Join(", ", names)}"
            : $"merge {names[0]} takes its own result as a model; accepted: a name that is no model of it");
    }
}
