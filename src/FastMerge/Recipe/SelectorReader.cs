using System.Collections.Immutable;
using System.Text.RegularExpressions;
using FastMerge.Core;

namespace FastMerge.Recipe;

/// <summary>Reads what is written for <c>filter</c> and <c>tensors</c>.</summary>
static class SelectorReader
{
    const int LongestPattern = 1000;
    const string Numbers = "numbers and ranges with both ends, as in 0-3,8";

    /// <summary>The selector of a part of a name, or of a mapping of conditions.</summary>
    /// <param name="key">The key it is written under.</param>
    /// <param name="node">What is written.</param>
    /// <param name="checkKeys">Sees the mapping and the keys it may have.</param>
    /// <exception cref="FastMergeException">Recipe: neither, or a condition that cannot be read.</exception>
    public static Selector Read(string key, YamlNode node, Action<YamlMap, string[], string> checkKeys)
    {
        if (node is YamlScalar { IsNull: false } word) return new(word.Span) { Name = word.Text };
        if (node is not YamlMap map)
            throw RecipeError.At(node.Span, $"'{key}' is {node.Kind}; accepted: a part of a tensor's name, or a "
                + $"mapping with {string.Join(", ", KnownKeys.Selector)}");
        checkKeys(map, KnownKeys.Selector, "in a selector");
        if (!KnownKeys.Selector.Any(k => map[k] is not null))
            throw RecipeError.At(
                map.Span, $"the selector has no condition; accepted: {string.Join(", ", KnownKeys.Selector)}");
        return new(map.Span)
        {
            Name = Word(map, "name")?.Text,
            Pattern = Word(map, "regex") is { } pattern ? PatternOf(pattern) : null,
            Glob = Word(map, "glob")?.Text,
            Layers = NumbersOf(map, "layers"),
            Classes = ClassesOf(map["class"]),
            Experts = NumbersOf(map, "experts"),
        };
    }

    static YamlScalar? Word(YamlMap map, string key) => map[key] switch
    {
        null => null,
        YamlScalar { Text.Length: > 0 } word => word,
        { } other => throw RecipeError.At(other.Span, $"'{key}' is {other.Kind}; accepted: a word"),
    };

    static Regex PatternOf(YamlScalar node)
    {
        if (node.Text.Length > LongestPattern)
            throw RecipeError.At(node.Span, $"'regex' has more than {LongestPattern} characters");
        try
        {
            return new(node.Text, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (RegexParseException e)
        {
            var column = node.Span.Column + e.Offset + (node.Plain ? 0 : 1);
            throw RecipeError.At(node.Span with { Column = column },
                $"'regex' is {RecipeError.Quote(node.Text)}: {Reason(e)}");
        }
        catch (NotSupportedException)
        {
            throw RecipeError.At(node.Span, $"'regex' is {RecipeError.Quote(node.Text)}: backward references, "
                + "look-around and expressions that grow beyond bounds are not accepted");
        }
    }

    /// <summary>The parser's sentence without the pattern and the offset it repeats.</summary>
    static string Reason(RegexParseException e)
    {
        var place = e.Message.LastIndexOf($"at offset {e.Offset}. ", StringComparison.Ordinal);
        var reason = place < 0 ? e.Error.ToString() : e.Message[(place + $"at offset {e.Offset}. ".Length)..];
        return DisplayText.Escape(reason).TrimEnd('.');
    }

    static NumberSet? NumbersOf(YamlMap map, string key)
    {
        if (map[key] is not { } node) return null;
        var parts = (node is YamlList { Items.Count: > 0 } list ? list.Items : [node])
            .Select(i => NumberSet.Parse(i is YamlScalar word ? word.Text : "")
                ?? throw RecipeError.At(i.Span, $"'{key}' is {i.Kind}; accepted: {Numbers}"));
        return new([.. parts.SelectMany(p => p.Ranges)]);
    }

    static ImmutableArray<TensorRole> ClassesOf(YamlNode? node) => node switch
    {
        null => [],
        YamlList { Items.Count: > 0 } list => [.. list.Items.Select(ClassOf)],
        _ => [ClassOf(node)],
    };

    static TensorRole ClassOf(YamlNode node)
    {
        if (node is YamlScalar word && TensorRoleWords.Find(word.Text) is { } role) return role;
        var nearest = node is YamlScalar { Text: var text } && DisplayText.Nearest(text, TensorRoleWords.All)
            is { } near ? $", nearest is '{near}'" : "";
        throw RecipeError.At(node.Span,
            $"'class' is {node.Kind}{nearest}; accepted: {string.Join(", ", TensorRoleWords.All)}");
    }
}
