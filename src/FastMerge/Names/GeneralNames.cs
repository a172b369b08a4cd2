using System.Collections.Immutable;
using System.Globalization;
using FastMerge.Core;

namespace FastMerge.Names;

/// <summary>What names mean in most models, whatever the family.</summary>
static class GeneralNames
{
    /// <summary>Words before a layer number.</summary>
    public static readonly ImmutableArray<string> LayerWords =
        ["layers", "layer", "h", "blocks", "block", "resblocks", "transformer_blocks", "single_transformer_blocks"];

    /// <summary>Token embeddings.</summary>
    public static readonly ImmutableArray<string> Embeddings =
    [
        "embed_tokens.weight", "embed_tokens_per_layer.weight", "wte.weight", "word_embeddings.weight",
        "tok_embeddings.weight", "embed_in.weight", "shared.weight", "token_embedding.weight",
    ];

    /// <summary>Projections to the vocabulary.</summary>
    public static readonly ImmutableArray<string> Heads =
    [
        "lm_head.weight", "lm_head.bias", "lm_head.decoder.weight", "lm_head.decoder.bias", "embed_out.weight",
        "shared_head.head.weight", "cls.predictions.decoder.weight", "cls.predictions.decoder.bias",
        "cls.predictions.bias",
    ];

    /// <summary>Buffers that older files store and newer ones compute.</summary>
    public static readonly ImmutableArray<string> Buffers =
        ["rotary_emb.inv_freq", "masked_bias", "position_ids", "rope.freqs", "rotary_pos_emb.inv_freq"];

    static readonly string[] FinalNorms =
        ["norm", "ln_f", "final_layernorm", "final_layer_norm", "final_norm", "norm_f", "post_layernorm", "ln_final"];

    static readonly string[] RouterOwners = ["mlp", "moe", "block_sparse_moe", "feed_forward", "ffn", "sparse_moe"];

    static readonly string[] MlpWords =
        ["mlp", "feed_forward", "ffn", "fc1", "fc2", "DenseReluDense", "intermediate", "output", "dense"];

    static readonly string[] HeadWords =
        ["lm_head", "score", "classifier", "qa_outputs", "cls", "head", "logit_scale", "pooler", "proj_out"];

    /// <summary>
    /// Index of the number after a word such as <c>layers</c>; -1 if there is none. Layers of a part that predicts
    /// further tokens are none of the model's.
    /// </summary>
    public static int LayerIndex(ReadOnlySpan<string> words, ReadOnlySpan<string> layerWords)
    {
        for (var i = 1; i < words.Length && !PredictsAhead(words[i - 1]); i++)
            if (TryNumber(words[i], out _) && NamePattern.EndsWithAny(words[..i], layerWords)) return i;
        return -1;
    }

    /// <summary>The first number that follows a word other than those of experts; -1 if there is none.</summary>
    public static int FirstNumber(ReadOnlySpan<string> words)
    {
        for (var i = 1; i < words.Length - 1; i++)
            if (TryNumber(words[i], out _) && !IsExperts(words[i - 1])) return i;
        return -1;
    }

    /// <summary>The number of the expert a tensor belongs to, and which word it is.</summary>
    public static (int? Number, int Word) Expert(ReadOnlySpan<string> words)
    {
        for (var i = 1; i < words.Length; i++)
            if (IsExperts(words[i - 1]) && TryNumber(words[i], out var number)) return (number, i);
        return (null, -1);
    }

    /// <summary>The role by single words.</summary>
    /// <param name="words">The name, cut at dots.</param>
    /// <param name="inLayer">Whether it has a layer number.</param>
    public static TensorRole Role(ReadOnlySpan<string> words, bool inLayer)
    {
        if (NamePattern.EndsWithAny(words, Buffers.AsSpan())) return TensorRole.Other;
        if (Any(words, w => w.StartsWith("shared_expert", StringComparison.Ordinal) || w == "shared_mlp"))
            return TensorRole.SharedExpert;
        if (Any(words, IsExperts)) return TensorRole.Expert;
        if (IsRouter(words)) return TensorRole.Router;
        if (Any(words, IsNorm))
            return !inLayer && words.Length > 1 && FinalNorms.Contains(words[^2]) && !Any(words, PredictsAhead)
                ? TensorRole.FinalNorm : TensorRole.Norm;
        if (Any(words, w => Has(w, "attn") || Has(w, "attention"))) return TensorRole.Attention;
        if (inLayer) return Any(words, w => MlpWords.Contains(w) || Has(w, "mlp")) ? TensorRole.Mlp : TensorRole.Other;
        if (Any(words, w => HeadWords.Contains(w))) return TensorRole.Head;
        return Any(words, w => Has(w, "embed") || w is "wpe" or "wte" or "cls_token") ? TensorRole.Embedding
            : TensorRole.Other;
    }

    /// <summary>Whether a complete model may lack a tensor, whatever its family.</summary>
    public static bool IsOptional(ReadOnlySpan<string> words) => NamePattern.EndsWithAny(words, Buffers.AsSpan())
        || Any(words, PredictsAhead);

    /// <summary>Whether a tensor outside of the layers stands behind them.</summary>
    public static bool IsAfter(ReadOnlySpan<string> words, TensorRole role) =>
        role is TensorRole.Head or TensorRole.FinalNorm
        || Any(words, w => w.EndsWith("_projection", StringComparison.Ordinal) || PredictsAhead(w));

    /// <summary>A number of a layer or an expert: ASCII digits that fit.</summary>
    public static bool TryNumber(string word, out int number) =>
        int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out number)
        && word.All(char.IsAsciiDigit);

    static bool IsRouter(ReadOnlySpan<string> words)
    {
        if (words[^1] == "e_score_correction_bias") return true;
        for (var i = 0; i < words.Length; i++)
            if (words[i] == "router" || (words[i] == "gate" && i > 0 && RouterOwners.Contains(words[i - 1])))
                return true;
        return false;
    }

    static bool PredictsAhead(string word) => word.StartsWith("mtp", StringComparison.Ordinal);

    static bool IsExperts(string word) => word is "experts" or "expert" or "local_experts";

    static bool IsNorm(string word) => Has(word, "norm") || word is "ln" or "ln1" or "ln2" or "layrnorm"
        || word.StartsWith("ln_", StringComparison.Ordinal);

    static bool Has(string word, string part) => word.Contains(part, StringComparison.OrdinalIgnoreCase);

    static bool Any(ReadOnlySpan<string> words, Func<string, bool> test)
    {
        foreach (var word in words)
            if (test(word)) return true;
        return false;
    }
}
