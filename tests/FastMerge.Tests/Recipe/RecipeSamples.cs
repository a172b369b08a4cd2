using FastMerge.Testing;

namespace FastMerge.Tests.Recipe;

/// <summary>The recipes that every reader of the language must take.</summary>
static class RecipeSamples
{
    public static readonly string GoldenFolder = RepositoryFolder.Combine("tests", "golden", "mergekit");

    static readonly string Folder = RepositoryFolder.Combine("tests", "recipes");

    /// <summary>The recipes of the golden cases, those without stored outputs included, by name.</summary>
    public static IReadOnlyDictionary<string, string> Golden { get; } = Load(
        [.. Directory.GetFiles(GoldenFolder, "config.yml", SearchOption.AllDirectories),
            .. Directory.GetFiles(Path.Combine(Folder, "mergekit"), "*.yml")]);

    /// <summary>Recipes as mergekit's own documentation shows them, and those that use what FastMerge adds.</summary>
    public static IReadOnlyDictionary<string, string> Examples { get; } = Load(
        [.. Directory.GetFiles(Path.Combine(Folder, "examples"), "*.yml")]);

    static SortedDictionary<string, string> Load(string[] files)
    {
        var texts = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var file in files)
            texts.TryAdd(Path.GetFileName(file) == "config.yml" ? Path.GetFileName(Path.GetDirectoryName(file))!
                : Path.GetFileNameWithoutExtension(file), File.ReadAllText(file));
        return texts;
    }
}
