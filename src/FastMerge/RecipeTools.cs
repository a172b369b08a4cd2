using FastMerge.Checkpoint;
using FastMerge.Core;
using FastMerge.Plan;
using FastMerge.Recipe;

namespace FastMerge;

/// <summary>What a check of a recipe found.</summary>
/// <param name="Failures">What stops a merge, as they are found; the first decides the exit code.</param>
/// <param name="Warnings">What does not.</param>
/// <param name="Documents">Merges that the recipe holds.</param>
public sealed record RecipeCheck(
    IReadOnlyList<FastMergeException> Failures, IReadOnlyList<string> Warnings, int Documents);

/// <summary>A recipe in canonical form.</summary>
/// <param name="Text">Its text.</param>
/// <param name="IsChanged">Whether it differs from what is written.</param>
public sealed record FormattedRecipe(string Text, bool IsChanged);

/// <summary>Works on recipes without merging.</summary>
public static class RecipeTools
{
    /// <summary>Reads a recipe and holds it against the method catalogue; finds as many faults as it can.</summary>
    /// <param name="source">The recipe.</param>
    /// <param name="models">Whether every model must be there.</param>
    /// <param name="lenient">Whether unknown keys are warnings.</param>
    /// <exception cref="FastMergeException">Io: the recipe cannot be read.</exception>
    public static RecipeCheck Check(RecipeSource source, bool models = false, bool lenient = false)
    {
        var failures = new List<FastMergeException>();
        var warnings = new List<string>();
        var options = new RecipeOptions
        {
            Lenient = lenient,
            FilesMayBeMissing = !models,
            OnFailure = failures.Add,
        };
        var documents = options.Try(() => Read(source, options)).ToArray();
        foreach (var file in documents)
        {
            var isWhole = failures.Count == 0;
            if (isWhole) warnings.AddRange(Bind(file, options));
            else
                foreach (var document in file.Documents)
                    options.Try(() => BoundRecipe.CheckRemains(document, options));
            if (models) LookForModels(file, failures);
            if (models && failures.Count == 0) Plan(file, options with { OnFailure = null }, failures, warnings);
            else if (isWhole) CheckLayers(file, options);
        }
        return new([.. failures.DistinctBy(f => f.Message)], [.. warnings.Distinct()],
            documents.Sum(d => d.Documents.Length));
    }

    /// <summary>A recipe in canonical form: order of keys, indentation, quotes; comments stay.</summary>
    /// <exception cref="FastMergeException">Recipe: no valid YAML, or something in it would be lost. Io: it cannot be
    /// read.</exception>
    public static FormattedRecipe Format(RecipeSource source)
    {
        var text = source.Text ?? RecipeReader.ReadText(source.Name);
        RecipeReader.CheckText(text, source.Name);
        var formatted = RecipeFormatter.Format(text, source.Name);
        return new(formatted, formatted != text);
    }

    /// <summary>Formats a recipe file in place, through a file beside it; the result says whether it changed.</summary>
    /// <exception cref="FastMergeException">As <see cref="Format"/>; Io: it cannot be written.</exception>
    public static bool FormatFile(string path)
    {
        var formatted = Format(RecipeSource.File(path));
        if (formatted.IsChanged) TextFile.Replace(path, formatted.Text);
        return formatted.IsChanged;
    }

    /// <summary>The recipe language as a JSON Schema for editors: its keys, the methods and their parameters.</summary>
    public static string Schema() => RecipeSchema.Text();

    static RecipeFile Read(RecipeSource source, RecipeOptions options) => source.Text is { } text
        ? RecipeReader.ParseDocuments(text, source.Name, options) : RecipeReader.ReadDocuments(source.Name, options);

    /// <summary>Without the models, a range can only be held against those beside it.</summary>
    static void CheckLayers(RecipeFile file, RecipeOptions options)
    {
        foreach (var slice in file.Documents.SelectMany(d => RecipeLayout.Of(d)).SelectMany(m => m.Slices))
            options.Try(slice.CheckCounts);
    }

    static void LookForModels(RecipeFile file, List<FastMergeException> failures)
    {
        var missing = ModelPaths.Missing(file, FileStorage.Instance).ToArray();
        if (missing.Length > 0) failures.RemoveAll(f => ModelPaths.Explains(f, file));
        failures.AddRange(missing);
    }

    static void Plan(
        RecipeFile file, RecipeOptions options, List<FastMergeException> failures, List<string> warnings)
    {
        try
        {
            warnings.AddRange(MergePlanner.Create(file, options, new(Strict: false), FileStorage.Instance).Warnings);
        }
        catch (FastMergeException e)
        {
            failures.Add(e);
        }
    }

    static IEnumerable<string> Bind(RecipeFile file, RecipeOptions options)
    {
        var warnings = new List<RecipeWarning>(file.Warnings);
        foreach (var document in file.Documents)
            foreach (var bound in options.Try(() => BoundRecipe.Bind(document, options)))
                warnings.AddRange(bound.Warnings);
        return warnings.Select(w => w.ToString());
    }
}
