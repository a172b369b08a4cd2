using FastMerge.Core;

namespace FastMerge.Recipe;

/// <summary>Where in a recipe something is written; line and column count from 1.</summary>
readonly record struct SourceSpan(string FileName, int Line, int Column)
{
    /// <summary>As in <c>recipe.yml:3:7</c>.</summary>
    public override string ToString() => $"{DisplayText.Escape(FileName)}:{Line}:{Column}";
}

/// <summary>A value and where it is written.</summary>
readonly record struct Spanned<T>(T Value, SourceSpan Span);

/// <summary>Something odd in a recipe that does not stop the merge.</summary>
sealed record RecipeWarning(SourceSpan Span, string Text)
{
    /// <summary>As in <c>recipe.yml:3:7: text</c>.</summary>
    public override string ToString() => $"{Span}: {Text}";
}

/// <summary>Failures that name a place in a recipe.</summary>
static class RecipeError
{
    /// <summary>A failure of kind Recipe at a place.</summary>
    public static FastMergeException At(SourceSpan span, string text) => new(FailureKind.Recipe, $"{span}: {text}");

    /// <summary>As in <c>, nearest is 'weight'</c>; empty if no word is near.</summary>
    public static string Nearest(string word, IEnumerable<string> accepted) =>
        DisplayText.Nearest(word, accepted) is { } near ? $", nearest is '{near}'" : "";

    /// <summary>Text of the recipe as it may be printed: escaped, quoted and cut.</summary>
    public static string Quote(string text)
    {
        const int Longest = 80;
        return $"'{DisplayText.Escape(text.Length > Longest ? text[..Longest] + "..." : text)}'";
    }
}

/// <summary>How strictly recipes are read.</summary>
sealed record RecipeOptions
{
    /// <summary>Unknown keys are warnings instead of failures.</summary>
    public bool Lenient { get; init; }

    /// <summary>Files that parameters name need not be there: a warning.</summary>
    public bool FilesMayBeMissing { get; init; }

    /// <summary>Takes failures that reading can go on after; null: the first one ends it.</summary>
    public Action<FastMergeException>? OnFailure { get; init; }

    /// <summary>Hands a failure to who collects them, or throws it.</summary>
    public void Report(FastMergeException failure)
    {
        if (OnFailure is null) throw failure;
        OnFailure(failure);
    }

    /// <summary>Runs an action; its failure is collected, or ends it.</summary>
    public void Try(Action action) => Try(() =>
    {
        action();
        return true;
    });

    /// <summary>What an action gives; nothing if it fails and failures are collected.</summary>
    public IEnumerable<T> Try<T>(Func<T> action)
    {
        try
        {
            return [action()];
        }
        catch (FastMergeException e) when (OnFailure is not null && e.Kind == FailureKind.Recipe)
        {
            OnFailure(e);
            return [];
        }
    }

    /// <summary>Whether a local path exists; decides how a <c>+</c> or <c>@</c> in a model's name is read.</summary>
    public Func<string, bool> PathExists { get; init; } = Path.Exists;
}
