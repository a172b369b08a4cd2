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

    /// <summary>The candidate nearest to <paramref name="word"/> by edit distance, if any is near.</summary>
    public static string? Nearest(string word, IEnumerable<string> candidates) => candidates
        .Select(c => (Text: c, Distance: EditDistance(word, c)))
        .Where(c => c.Distance <= Math.Max(2, word.Length / 3))
        .OrderBy(c => c.Distance).ThenBy(c => c.Text, StringComparer.Ordinal)
        .Select(c => c.Text).FirstOrDefault();

    static int EditDistance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var cost = char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]) ? 0 : 1;
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + cost));
            }
        }
        return row[b.Length];
    }
}
