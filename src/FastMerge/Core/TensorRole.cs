namespace FastMerge.Core;

/// <summary>What a tensor does in a model.</summary>
public enum TensorRole
{
    /// <summary>None of the others, or not known.</summary>
    Other,

    /// <summary>Rows of the vocabulary, or of positions, at the input.</summary>
    Embedding,

    /// <summary>The projection to the vocabulary or to classes at the output.</summary>
    Head,

    /// <summary>A normalisation within a layer.</summary>
    Norm,

    /// <summary>The normalisation after the last layer.</summary>
    FinalNorm,

    /// <summary>A projection of attention.</summary>
    Attention,

    /// <summary>A projection of a dense feed-forward block.</summary>
    Mlp,

    /// <summary>What sends tokens to experts.</summary>
    Router,

    /// <summary>A projection of one expert, or of all of them fused.</summary>
    Expert,

    /// <summary>A projection of an expert that sees every token.</summary>
    SharedExpert,
}

/// <summary>Roles as recipes spell them: <c>shared_expert</c>.</summary>
public static class TensorRoleWords
{
    /// <summary>The words, in the order of the enumeration.</summary>
    public static IReadOnlyList<string> All { get; } =
        [.. Enum.GetValues<TensorRole>().Select(Word)];

    /// <summary>The word of a role.</summary>
    public static string Word(this TensorRole role) => string.Concat(role.ToString().Select((c, i) =>
        char.IsUpper(c) ? (i > 0 ? "_" : "") + char.ToLowerInvariant(c) : c.ToString()));

    /// <summary>The role of a word, or null.</summary>
    public static TensorRole? Find(string word)
    {
        for (var i = 0; i < All.Count; i++)
            if (All[i] == word) return (TensorRole)i;
        return null;
    }
}
