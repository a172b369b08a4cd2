using YamlDotNet.Core;

namespace FastMerge.Recipe;

/// <summary>A value as it is written: with its style and the comments that belong to it.</summary>
abstract class FormatNode(Mark start)
{
    /// <summary>Where it begins.</summary>
    public Mark Start { get; } = start;

    /// <summary>Where it ends.</summary>
    public Mark End { get; set; } = start;

    /// <summary>The entries or items in it.</summary>
    public abstract IReadOnlyList<FormatEntry> Entries { get; }

    /// <summary>Whether it stands between brackets on one line.</summary>
    public bool IsOnOneLine { get; set; }

    /// <summary>Whether a comment stands inside it.</summary>
    public bool HasComments => Entries.Any(e => e.Leading.Count > 0 || e.Trailing is not null || e.Value.HasComments);
}

/// <summary>A scalar.</summary>
sealed class FormatScalar(string text, ScalarStyle style, Mark start) : FormatNode(start)
{
    /// <inheritdoc/>
    public override IReadOnlyList<FormatEntry> Entries => [];

    /// <summary>Its value.</summary>
    public string Text { get; } = text;

    /// <summary>Whether it is written without quotes.</summary>
    public bool IsPlain { get; } = style == ScalarStyle.Plain;
}

/// <summary>A list or a mapping.</summary>
sealed class FormatCollection(bool isMap, bool isFlow, Mark start) : FormatNode(start)
{
    readonly List<FormatEntry> _entries = [];

    /// <inheritdoc/>
    public override IReadOnlyList<FormatEntry> Entries => _entries;

    /// <summary>Whether its entries have keys.</summary>
    public bool IsMap { get; } = isMap;

    /// <summary>Whether it stands between brackets.</summary>
    public bool IsFlow { get; } = isFlow;

    /// <summary>Appends an entry.</summary>
    public void Add(FormatEntry entry) => _entries.Add(entry);
}

/// <summary>An entry of a mapping, or an item of a list, which has no key.</summary>
sealed class FormatEntry(FormatScalar? key, FormatNode value)
{
    /// <summary>The key of a mapping's entry.</summary>
    public FormatScalar? Key { get; } = key;

    /// <summary>The value.</summary>
    public FormatNode Value { get; } = value;

    /// <summary>Comments on lines of their own before it.</summary>
    public List<string> Leading { get; } = [];

    /// <summary>The comment at the end of its line.</summary>
    public string? Trailing { get; set; }

    /// <summary>Whether an empty line stands before it.</summary>
    public bool HasBlankBefore { get; set; }

    /// <summary>Where it begins.</summary>
    public Mark Start => Key?.Start ?? Value.Start;
}

/// <summary>A document with the comments before its first and after its last entry.</summary>
sealed record FormatDocument(FormatNode Root, int Line)
{
    /// <summary>Comments before the first entry.</summary>
    public List<string> Header { get; } = [];

    /// <summary>Comments after the last entry.</summary>
    public List<string> Tail { get; } = [];

    /// <summary>Whether an empty line stands after the header.</summary>
    public bool HasBlankAfterHeader { get; set; }
}
