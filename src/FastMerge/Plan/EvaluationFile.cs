using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using FastMerge.Checkpoint;
using FastMerge.Core;
using FastMerge.Primitives;
using FastMerge.Recipe;

namespace FastMerge.Plan;

/// <summary>What a CSV file says of each model of a recipe, and the SHA-256 of the file.</summary>
sealed record FileNumbers(double[] Numbers, string Sha256);

/// <summary>
/// Reads a CSV of evaluated averages. The first line names the columns: one for each model, by its path or the last
/// part of it, and one for the metric; other columns are passed over. A cell of a model is its coefficient in the
/// average, 1 or 0 for a soup; an empty one is 0. Cells may stand in double quotes.
/// </summary>
sealed class EvaluationFile
{
    const int MaxBytes = 1 << 20;

    readonly string _path;

    EvaluationFile(string path) => _path = path;

    /// <summary>Reads a file and reduces it to one number for each model.</summary>
    /// <exception cref="FastMergeException">Recipe: no such file, or one that says too little.</exception>
    public static FileNumbers Read(Table table, ResolvedValue path, IReadOnlyList<string> models, IStorage storage)
    {
        byte[] bytes;
        try
        {
            bytes = InputFile.Guard(() => InputFile.ReadAll(storage, path.Text, MaxBytes))
                ?? throw path.NotA("an existing CSV file");
        }
        catch (FastMergeException e) when (e.Kind == FailureKind.Input)
        {
            throw RecipeError.At(path.Span, $"{RecipeError.Quote(path.Key)}: {e.Message}; accepted: a CSV file");
        }
        var file = new EvaluationFile(path.Text);
        var rows = file.Parse(bytes, table.Metric, models);
        return new(
            table.Numbers(new(models, rows, text => new(FailureKind.Recipe, $"{file.Name}: {text}"))),
            Convert.ToHexStringLower(SHA256.HashData(bytes)));
    }

    string Name => DisplayText.Escape(_path);

    List<Evaluation> Parse(byte[] bytes, string metric, IReadOnlyList<string> models)
    {
        var lines = Decode(bytes).Split('\n');
        var header = Cells(lines[0], 1);
        var result = ColumnOf(header, metric, [metric], "metric");
        int[] columns = [.. models.Select(m => ColumnOf(header, m, [m, m[(m.LastIndexOf('/') + 1)..]], "model"))];
        if (columns.Distinct().Count() < columns.Length)
            throw At(1, 1, $"one column stands for several models; accepted: {string.Join(", ", models)}");
        var rows = new List<Evaluation>();
        for (var i = 1; i < lines.Length; i++)
        {
            if (string.IsNullOrWhiteSpace(lines[i])) continue;
            var cells = Cells(lines[i], i + 1);
            if (cells.Count != header.Count)
                throw At(i + 1, 1, $"{cells.Count} cells; the first line names {header.Count} columns");
            rows.Add(new(i + 1, [.. columns.Select(c => Number(cells[c], i + 1, 0))], Number(cells[result], i + 1)));
        }
        return rows;
    }

    int ColumnOf(List<(string Text, int Column)> header, string wanted, string[] names, string kind)
    {
        var found = header.FindIndex(c => names.Contains(c.Text));
        if (found >= 0) return found;
        var near = DisplayText.Nearest(names[^1], header.Select(c => c.Text));
        throw At(1, 1, $"no column for the {kind} {RecipeError.Quote(wanted)}"
            + (near is null ? "" : $", nearest is {RecipeError.Quote(near)}"));
    }

    double Number((string Text, int Column) cell, int line, double? empty = null)
    {
        if (cell.Text.Length == 0 && empty is { } value) return value;
        return double.TryParse(cell.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && double.IsFinite(number)
            ? number : throw At(line, cell.Column, $"{RecipeError.Quote(cell.Text)}; accepted: a finite number");
    }

    List<(string Text, int Column)> Cells(string line, int number)
    {
        var cells = new List<(string, int)>();
        var text = new StringBuilder();
        var (start, quoted) = (0, false);
        for (var i = 0; i <= line.Length; i++)
        {
            if (i == line.Length && quoted) throw At(number, start + 1, "a quote is not closed on its line");
            if (i == line.Length || (line[i] == ',' && !quoted))
            {
                cells.Add((text.ToString().Trim(), start + 1));
                text.Clear();
                start = i + 1;
            }
            else if (line[i] != '"') text.Append(line[i]);
            else if (quoted && i + 1 < line.Length && line[i + 1] == '"') text.Append(line[++i]);
            else quoted = !quoted;
        }
        return cells;
    }

    string Decode(byte[] bytes)
    {
        try
        {
            return new UTF8Encoding(false, true).GetString(bytes).TrimStart('\ufeff').Replace("\r\n", "\n");
        }
        catch (DecoderFallbackException e)
        {
            throw new FastMergeException(
                FailureKind.Recipe, $"{Name}: invalid UTF-8 at offset {e.Index}; accepted: a CSV file", e);
        }
    }

    FastMergeException At(int line, int column, string text) => RecipeError.At(new(_path, line, column), text);
}
