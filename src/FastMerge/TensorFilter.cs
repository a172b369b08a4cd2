using FastMerge.Core;
using FastMerge.Recipe;

namespace FastMerge;

/// <summary>Which tensors a report is about: those with a text in their name, or named by a pattern.</summary>
sealed class TensorFilter(string? text)
{
    readonly string _pattern = text ?? "";

    /// <summary>Whether a tensor is wanted: a text with <c>*</c> or <c>?</c> is a pattern of the whole
    /// name.</summary>
    public bool Matches(string name) => _pattern.AsSpan().ContainsAny('*', '?')
        ? GlobMatch.Matches(_pattern, name) : name.Contains(_pattern, StringComparison.Ordinal);

    /// <summary>Fails if a text was given and nothing has it in its name.</summary>
    /// <exception cref="FastMergeException">Usage.</exception>
    public void Require(int found, params IEnumerable<string> models)
    {
        if (found == 0 && _pattern != "")
            throw new FastMergeException(FailureKind.Usage,
                $"no tensor of {string.Join(" or ", models.Select(DisplayText.Escape))} is named like "
                + $"'{DisplayText.Escape(_pattern)}'; accepted: a part of a name, or a pattern with * and ?");
    }
}
