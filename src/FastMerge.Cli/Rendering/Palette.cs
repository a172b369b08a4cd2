namespace FastMerge.Cli.Rendering;

/// <summary>Text in colour, or as it is where colours are off.</summary>
sealed class Palette(bool enabled)
{
    /// <summary>Whether escape sequences are written.</summary>
    public bool IsEnabled { get; } = enabled;

    public string Bold(string text) => Wrap("1", text);

    public string Red(string text) => Wrap("1;31", text);

    public string Yellow(string text) => Wrap("33", text);

    public string Green(string text) => Wrap("32", text);

    string Wrap(string code, string text) => IsEnabled ? $"\u001b[{code}m{text}\u001b[0m" : text;
}
