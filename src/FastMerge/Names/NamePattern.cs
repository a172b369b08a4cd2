namespace FastMerge.Names;

/// <summary>Matches ends of names, cut at dots.</summary>
static class NamePattern
{
    /// <summary>Whether a name ends with a pattern; <c>*</c> in it stands for one word.</summary>
    public static bool EndsWith(ReadOnlySpan<string> words, string pattern)
    {
        var end = pattern.Length;
        for (var i = words.Length - 1; i >= 0; i--)
        {
            var start = pattern.LastIndexOf('.', end - 1) + 1;
            var word = pattern.AsSpan(start, end - start);
            if (word is not "*" && !word.SequenceEqual(words[i])) return false;
            if (start == 0) return true;
            end = start - 1;
        }
        return false;
    }

    /// <summary>Whether a name ends with one of several patterns.</summary>
    public static bool EndsWithAny(ReadOnlySpan<string> words, ReadOnlySpan<string> patterns)
    {
        foreach (var pattern in patterns)
            if (EndsWith(words, pattern)) return true;
        return false;
    }
}
