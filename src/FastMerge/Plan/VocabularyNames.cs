namespace FastMerge.Plan;

/// <summary>Tensors with one row for each entry of the vocabulary, by the ends of their names.</summary>
static class VocabularyNames
{
    static readonly string[] Embeddings =
    [
        "embed_tokens.weight", "wte.weight", "word_embeddings.weight", "tok_embeddings.weight", "embed_in.weight",
        "shared.weight", "token_embedding.weight",
    ];

    static readonly string[] Heads = ["lm_head.weight", "embed_out.weight", "lm_head.bias"];

    /// <summary>The head that may be tied to the embedding and then be absent.</summary>
    public const string TiedHead = "lm_head.weight";

    /// <summary>Whether a tensor has vocabulary rows.</summary>
    public static bool Contains(string name) =>
        Embeddings.Any(e => IsNamed(name, e)) || Heads.Any(h => IsNamed(name, h));

    /// <summary>The embedding that stands in for an absent head, if exactly one tensor can be it.</summary>
    public static string? Embedding(IEnumerable<string> names)
    {
        var found = names.Where(n => Embeddings.Any(e => IsNamed(n, e))).Take(2).ToArray();
        return found.Length == 1 ? found[0] : null;
    }

    static bool IsNamed(string name, string ending) =>
        name.EndsWith(ending, StringComparison.Ordinal)
            && (name.Length == ending.Length || name[^(ending.Length + 1)] == '.');
}
