using System.Collections.Immutable;
using System.Text.RegularExpressions;
using FastMerge.Core;

namespace FastMerge.Recipe;

/// <summary>Which tensors a filter or a rule is for: every condition that is given must hold.</summary>
sealed record Selector(SourceSpan Span)
{
    /// <summary>A part of the name; null and <c>*</c> take every name.</summary>
    public string? Name { get; init; }

    /// <summary>An expression that is found in the name; it runs in linear time.</summary>
    public Regex? Pattern { get; init; }

    /// <summary>The whole name, where <c>*</c> stands for any characters and <c>?</c> for one.</summary>
    public string? Glob { get; init; }

    /// <summary>Layers; tensors outside the layers are in none of them.</summary>
    public NumberSet? Layers { get; init; }

    /// <summary>Roles of which the tensor has one; empty takes every role.</summary>
    public ImmutableArray<TensorRole> Classes { get; init; } = [];

    /// <summary>Experts; tensors of no single expert are in none of them.</summary>
    public NumberSet? Experts { get; init; }

    /// <summary>Whether it takes every tensor.</summary>
    public bool IsEverything => Name is null or "*" && Pattern is null && Glob is null && Layers is null
        && Classes.IsEmpty && Experts is null;

    /// <summary>Whether it takes a tensor.</summary>
    public bool Matches(TensorTraits tensor) =>
        (Name is null or "*" || tensor.Name.Contains(Name, StringComparison.Ordinal))
        && Pattern?.IsMatch(tensor.Name) != false
        && (Glob is null || GlobMatch.Matches(Glob, tensor.Name))
        && (Layers is null || (tensor.Layer is { } layer && Layers.Contains(layer)))
        && (Classes.IsEmpty || Classes.Contains(tensor.Role))
        && (Experts is null || (tensor.Expert is { } expert && Experts.Contains(expert)));

    /// <summary>As in <c>name mlp, layers 0-3</c>; <c>*</c> for every tensor.</summary>
    public override string ToString() => IsEverything ? "*" : string.Join(", ", new[]
    {
        Name is null ? "" : $"name {DisplayText.Escape(Name)}",
        Pattern is null ? "" : $"regex {DisplayText.Escape(Pattern.ToString())}",
        Glob is null ? "" : $"glob {DisplayText.Escape(Glob)}",
        Layers is null ? "" : $"layers {Layers}",
        Classes.IsEmpty ? "" : $"class {string.Join(" or ", Classes.Select(c => c.Word()))}",
        Experts is null ? "" : $"experts {Experts}",
    }.Where(t => t.Length > 0));
}

/// <summary>Whole numbers as recipes write them: <c>0-3,8</c>, both ends included.</summary>
sealed record NumberSet(ImmutableArray<(int From, int To)> Ranges)
{
    /// <summary>Whether a number is in it.</summary>
    public bool Contains(int number) => Ranges.Any(r => number >= r.From && number <= r.To);

    /// <summary>The set of a text, or null if it is none: empty, backwards, or no numbers.</summary>
    public static NumberSet? Parse(string text)
    {
        var ranges = ImmutableArray.CreateBuilder<(int From, int To)>();
        foreach (var part in text.Split(','))
        {
            int[] ends = [.. part.Split('-').Select(e => Number(e.Trim()))];
            if (ends.Length > 2 || ends.Contains(-1) || ends[0] > ends[^1]) return null;
            ranges.Add((ends[0], ends[^1]));
        }
        return new(ranges.ToImmutable());
    }

    /// <summary>As in <c>0-3,8</c>.</summary>
    public override string ToString() =>
        string.Join(',', Ranges.Select(r => r.From == r.To ? $"{r.From}" : $"{r.From}-{r.To}"));

    static int Number(string text) =>
        int.TryParse(text, System.Globalization.NumberStyles.None, null, out var number) ? number : -1;
}

/// <summary>Compares names with patterns in time that grows with the product of their lengths at most.</summary>
static class GlobMatch
{
    /// <summary>Whether a pattern of characters, <c>*</c> and <c>?</c> covers the whole text.</summary>
    public static bool Matches(string pattern, string text)
    {
        var (p, t, star, retry) = (0, 0, -1, 0);
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p] == '*') (star, retry, p) = (p, t, p + 1);
            else if (p < pattern.Length && (pattern[p] == '?' || pattern[p] == text[t])) (p, t) = (p + 1, t + 1);
            else if (star >= 0) (p, t) = (star + 1, retry += 1);
            else return false;
        }
        return pattern.AsSpan(p).IndexOfAnyExcept('*') < 0;
    }
}
