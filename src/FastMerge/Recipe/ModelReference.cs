namespace FastMerge.Recipe;

/// <summary>A folder, a file or a hub id, with the revision of a hub id.</summary>
sealed record ModelAddress(string Path, string? Revision = null)
{
    /// <summary>As in <c>org/name@main</c>.</summary>
    public override string ToString() => Revision is null ? Path : $"{Path}@{Revision}";
}

/// <summary>A model of a recipe: a checkpoint, perhaps with an adapter on top. Equal by value.</summary>
/// <param name="Model">The checkpoint.</param>
/// <param name="Lora">An adapter to apply to it.</param>
/// <param name="OverrideArchitecture">What to take for the architecture named in its config.</param>
sealed record ModelReference(ModelAddress Model, ModelAddress? Lora = null, string? OverrideArchitecture = null)
{
    /// <summary>Where it is written; no part of its value.</summary>
    public SourceSpan Span { get; init; }

    /// <summary>The checkpoint as text: a path, or a hub id with its revision.</summary>
    public string ModelPath => Model.ToString();

    /// <inheritdoc/>
    public bool Equals(ModelReference? other) => other is not null && Model == other.Model && Lora == other.Lora
        && OverrideArchitecture == other.OverrideArchitecture;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Model, Lora, OverrideArchitecture);

    /// <summary>As in <c>org/name@main+adapter</c>.</summary>
    public override string ToString() => Lora is null ? ModelPath : $"{ModelPath}+{Lora}";

    /// <summary>Reads <c>path[@revision][+adapter[@revision]]</c>; a local path that exists is taken whole.</summary>
    /// <exception cref="Core.FastMergeException">Recipe: empty, or more than one + or @ in a part.</exception>
    public static ModelReference Parse(string text, SourceSpan span, RecipeOptions options)
    {
        if (text.Length == 0) throw RecipeError.At(span, "the model's path is empty");
        if (text.Contains('\0', StringComparison.Ordinal)) throw RecipeError.At(span, "the model's path contains NUL");
        if (text.AsSpan().IndexOfAny('+', '@') < 0 || options.PathExists(text))
            return new(Local(text)) { Span = span };
        var parts = text.Split('+');
        return parts.Length switch
        {
            1 => new(ParsePart(parts[0], text, span)) { Span = span },
            2 => new(ParsePart(parts[0], text, span), ParsePart(parts[1], text, span)) { Span = span },
            _ => throw Unclear(text, span),
        };
    }

    /// <summary>A path without its last slashes, so that <c>a/</c> and <c>a</c> are one model.</summary>
    public static ModelAddress Local(string text) => new(text.TrimEnd('/') is { Length: > 0 } trimmed ? trimmed : text);

    static ModelAddress ParsePart(string part, string text, SourceSpan span) => part.Split('@') switch
    {
        [{ Length: > 0 } path] => Local(path),
        [{ Length: > 0 } path, { Length: > 0 } revision] => new(Local(path).Path, revision),
        _ => throw Unclear(text, span),
    };

    static Core.FastMergeException Unclear(string text, SourceSpan span) => RecipeError.At(span,
        $"model {RecipeError.Quote(text)} is no existing path and cannot be taken apart; "
        + "accepted: path[@revision][+adapter[@revision]], or {model: {path: ...}}");
}
