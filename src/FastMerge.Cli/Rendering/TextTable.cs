namespace FastMerge.Cli.Rendering;

/// <summary>A table in plain text; numbers are flush right.</summary>
sealed class TextTable(params string[] headers)
{
    const string Gap = "  ";

    readonly List<string[]> _rows = [];

    /// <summary>Adds a row.</summary>
    public void Add(params string[] cells) => _rows.Add(cells);

    /// <summary>Writes headers and rows. Columns whose header starts with <c>&gt;</c> are flush right.</summary>
    public void Write(TextWriter output, Palette colors)
    {
        var right = headers.Select(h => h.StartsWith('>')).ToArray();
        var titles = headers.Select(h => h.TrimStart('>')).ToArray();
        var widths = titles.Select((t, i) => _rows.Select(r => r[i].Length).Append(t.Length).Max()).ToArray();
        output.WriteLine(colors.Bold(Line(titles)));
        foreach (var row in _rows) output.WriteLine(Line(row));

        string Line(string[] cells) => string.Join(Gap, cells.Select((cell, i) =>
            right[i] ? cell.PadLeft(widths[i]) : cell.PadRight(widths[i]))).TrimEnd();
    }
}
