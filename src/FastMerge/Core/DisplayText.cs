using System.Globalization;
using System.Text;

namespace FastMerge.Core;

/// <summary>Makes untrusted names safe to print.</summary>
public static class DisplayText
{
    /// <summary>Escapes control and bidirectional-format characters as <c>\u001b</c>.</summary>
    public static string Escape(string text)
    {
        if (!text.Any(NeedsEscape)) return text;
        var builder = new StringBuilder(text.Length + 16);
        foreach (var c in text)
        {
            if (NeedsEscape(c)) builder.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            else builder.Append(c);
        }
        return builder.ToString();
    }

    static bool NeedsEscape(char c) => char.IsControl(c)
        || c is >= '\u202a' and <= '\u202e' or >= '\u2066' and <= '\u2069' or '\u200e' or '\u200f';

    /// <summary>
    /// The candidate nearest to <paramref name="word"/> by edit distance, if any is near. Of several, one of the same
    /// letters comes first, then one with a letter more or less, as these slips are the most common.
    /// </summary>
    public static string? Nearest(string word, IEnumerable<string> candidates) => candidates
        .Where(c => Math.Abs(c.Length - word.Length) <= Math.Max(2, word.Length / 3))
        .Select(c => (Text: c, Distance: EditDistance(word, c)))
        .Where(c => c.Distance <= Math.Max(2, word.Length / 3) && c.Distance < word.Length)
        .OrderBy(c => c.Distance).ThenBy(c => !c.Text.Order().SequenceEqual(word.Order()))
        .ThenByDescending(c => Math.Abs(c.Text.Length - word.Length))
        .ThenBy(c => c.Text, StringComparer.Ordinal)
        .Select(c => c.Text).FirstOrDefault();

    /// <summary>Characters to insert, drop, change or swap with their neighbour; case does not count.</summary>
    public static int EditDistance(string a, string b)
    {
        var rows = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++) rows[i, 0] = i;
        for (var j = 0; j <= b.Length; j++) rows[0, j] = j;
        for (var i = 1; i <= a.Length; i++)
            for (var j = 1; j <= b.Length; j++)
            {
                var cost = Same(a[i - 1], b[j - 1]) ? 0 : 1;
                rows[i, j] = Math.Min(Math.Min(rows[i - 1, j], rows[i, j - 1]) + 1, rows[i - 1, j - 1] + cost);
                if (i > 1 && j > 1 && Same(a[i - 1], b[j - 2]) && Same(a[i - 2], b[j - 1]))
                    rows[i, j] = Math.Min(rows[i, j], rows[i - 2, j - 2] + 1);
            }
        return rows[a.Length, b.Length];
    }

    static bool Same(char a, char b) => char.ToLowerInvariant(a) == char.ToLowerInvariant(b);
}
