namespace FastMerge;

/// <summary>A recipe in mergekit's language: a file or a text.</summary>
public sealed class RecipeSource
{
    RecipeSource(string name, string? text) => (Name, Text) = (name, text);

    /// <summary>The file's path, or the name that errors show.</summary>
    public string Name { get; }

    /// <summary>The text; null if it is read from the file <see cref="Name"/>.</summary>
    public string? Text { get; }

    /// <summary>A recipe file.</summary>
    public static RecipeSource File(string path) => new(path, null);

    /// <summary>A recipe that is at hand as text.</summary>
    public static RecipeSource Yaml(string text, string name = "recipe") => new(name, text);
}
