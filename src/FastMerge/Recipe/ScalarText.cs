using System.Globalization;
using System.Text.RegularExpressions;

namespace FastMerge.Recipe;

/// <summary>Writes scalars: without quotes where that means the same, else in single quotes.</summary>
static partial class ScalarText
{
    /// <summary>A scalar on one line; <paramref name="plain"/> if it was written without quotes.</summary>
    public static string Write(string text, bool plain)
    {
        if (plain && text.Length == 0) return "";
        if (Safe().IsMatch(text) && (plain || !IsSpecial(text))) return text;
        return text.Any(c => char.IsControl(c) || c == '\ufeff' || char.IsSurrogate(c))
            ? $"\"{string.Concat(text.Select(Escape))}\"" : $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
    }

    /// <summary>Whether a text means something else with and without quotes.</summary>
    public static bool IsSpecial(string text) => text is "" or "~" or "<<" or "=" or "-" or "y" or "n" or "Y" or "N"
        || text.Equals("null", StringComparison.OrdinalIgnoreCase) || YamlNumeral.TryParse(text, true, out _)
        || YamlNumeral.TryParse(text, false, out _) || YamlNumeral.TryParseSwitch(text, out _);

    /// <summary>Lines of a text as a literal block, with the mark of its end; null if it cannot be one.</summary>
    public static (string Mark, string[] Lines)? Block(string text)
    {
        if (!text.Contains('\n', StringComparison.Ordinal) || text[0] is ' ' or '\n'
            || text.Any(c => c != '\n' && (char.IsControl(c) || c == '\ufeff'))) return null;
        var body = text.TrimEnd('\n');
        var mark = (text.Length - body.Length) switch { 0 => "|-", 1 => "|", _ => "" };
        return mark.Length == 0 || body.Split('\n').Any(l => l.Trim().Length == 0 && l.Length > 0)
            ? null : (mark, body.Split('\n'));
    }

    static string Escape(char c) => c switch
    {
        '"' => "\\\"",
        '\\' => "\\\\",
        '\n' => "\\n",
        '\t' => "\\t",
        _ when char.IsControl(c) || c == '\ufeff' => "\\u" + ((int)c).ToString("x4", CultureInfo.InvariantCulture),
        _ => c.ToString(),
    };

    [GeneratedRegex(@"\A(?:[\w./~+]|-(?=[\w.]))[\w./~+@%()$^-]*(?: [\w./~+@%()$^-]+)*\z")]
    private static partial Regex Safe();
}
