namespace FastMerge.Recipe;

/// <summary>A value of a YAML document with its place.</summary>
abstract record YamlNode(SourceSpan Span)
{
    /// <summary>Values in it, itself included, with aliases written out.</summary>
    public abstract int Size { get; }

    /// <summary>Levels of nesting, 1 for a scalar.</summary>
    public abstract int Height { get; }

    /// <summary>What it is, for messages.</summary>
    public abstract string Kind { get; }
}

/// <summary>A scalar; <paramref name="Plain"/> if it is written without quotes.</summary>
sealed record YamlScalar(string Text, bool Plain, SourceSpan Span) : YamlNode(Span)
{
    /// <inheritdoc/>
    public override int Size => 1;

    /// <inheritdoc/>
    public override int Height => 1;

    /// <inheritdoc/>
    public override string Kind => IsNull ? "nothing" : RecipeError.Quote(Text);

    /// <summary>Whether nothing is written.</summary>
    public bool IsNull => Plain && Text is "" or "~" or "null" or "Null" or "NULL";
}

/// <summary>A list.</summary>
sealed record YamlList(IReadOnlyList<YamlNode> Items, SourceSpan Span) : YamlNode(Span)
{
    /// <inheritdoc/>
    public override int Size { get; } = 1 + Items.Sum(i => i.Size);

    /// <inheritdoc/>
    public override int Height { get; } = 1 + Items.Select(i => i.Height).DefaultIfEmpty().Max();

    /// <inheritdoc/>
    public override string Kind => Items.Count == 0 ? "an empty list" : "a list";
}

/// <summary>A mapping, in the order it is written.</summary>
sealed record YamlMap(IReadOnlyList<(YamlScalar Key, YamlNode Value)> Entries, SourceSpan Span) : YamlNode(Span)
{
    /// <inheritdoc/>
    public override int Size { get; } = 1 + Entries.Sum(e => 1 + e.Value.Size);

    /// <inheritdoc/>
    public override int Height { get; } = 1 + Entries.Select(e => e.Value.Height).DefaultIfEmpty().Max();

    /// <inheritdoc/>
    public override string Kind => "a mapping";

    /// <summary>The value of a key, or null; an empty value counts as absent.</summary>
    public YamlNode? this[string key] => Entries.Where(e => e.Key.Text == key).Select(e => e.Value)
        .FirstOrDefault(v => v is not YamlScalar { IsNull: true });
}
