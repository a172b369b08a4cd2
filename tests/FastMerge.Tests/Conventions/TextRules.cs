using System.Text.RegularExpressions;

namespace FastMerge.Tests.Conventions;

/// <summary>What every file of source text keeps to.</summary>
static class TextRules
{
    public const int MaxLines = 500;
    public const int MaxColumns = 120;

    // Written in pieces so that this file keeps its own rule.
    static readonly (Regex Pattern, string What)[] Forbidden =
    [
        (new(@"\b(TO" + @"DO|FIX" + @"ME|HA" + @"CK|XX" + @"X)\b"), "unfinished work"),
        (new(@"(?<![\w.])/(wo" + @"rk|ho" + @"me|ro" + @"ot|Us" + @"ers)/"), "a path of one machine"),
        (new(@"\b(nug" + @"et|py" + @"pi|npm" + @"js|dock" + @"er)\.(org|io|com)\b"), "a registry host"),
        (new(@"^(<{7}|>{7}) "), "an unresolved merge"),
        (new(@"\bnew NotImplementedExcep" + @"tion\b"), "a stub"),
        (new(@"\bissue [#\d]|(?<![\w-])sha" + "red/"), "a place outside the repository"),
    ];

    public static IEnumerable<string> CheckSize(SourceFile file)
    {
        var wide = file.Where(l => l.Length > MaxColumns, $"more than {MaxColumns} columns");
        var lines = file.Lines.Length - 1;
        return lines > MaxLines ? wide.Append($"{file.Path}: {lines} lines, at most {MaxLines}") : wide;
    }

    public static IEnumerable<string> CheckBlanks(SourceFile file)
    {
        foreach (var problem in file.Where(l => l.Contains('\t'), "tab")) yield return problem;
        foreach (var problem in file.Where(l => l.EndsWith(' ') || l.EndsWith('\r'), "trailing blank"))
            yield return problem;
        if (file.Text.StartsWith('\ufeff')) yield return $"{file.Path}: byte order mark";
        if (file.Text.Length > 0 && !file.Text.EndsWith('\n')) yield return $"{file.Path}: no newline at the end";
        if (file.Text.EndsWith("\n\n", StringComparison.Ordinal)) yield return $"{file.Path}: blank line at the end";
    }

    public static IEnumerable<string> CheckWords(SourceFile file) =>
        Forbidden.SelectMany(rule => file.Where(rule.Pattern.IsMatch, rule.What));
}
