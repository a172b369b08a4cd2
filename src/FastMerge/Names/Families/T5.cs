namespace FastMerge.Names.Families;

/// <summary>T5, Flan-T5 and mT5: encoder and decoder share an embedding.</summary>
static class T5
{
    /// <summary>The data.</summary>
    public static ModelFamily Family { get; } = new("t5")
    {
        ModelTypes = ["t5", "mt5", "umt5"],
        Architectures =
        [
            "T5ForConditionalGeneration", "MT5ForConditionalGeneration", "UMT5ForConditionalGeneration",
            "T5EncoderModel", "T5Model",
        ],
        Marks = ["encoder.block.0.layer.0.SelfAttention.q.weight", "shared.weight"],
        Embeddings = ["shared.weight", "encoder.embed_tokens.weight", "decoder.embed_tokens.weight"],
        Heads = ["lm_head.weight"],
        FinalNorms = ["encoder.final_layer_norm.weight", "decoder.final_layer_norm.weight"],
        Optional =
        [
            "encoder.embed_tokens.weight", "decoder.embed_tokens.weight",
            "layer.1.EncDecAttention.relative_attention_bias.weight",
        ],
        TiedTo = "shared.weight",
        Modules =
        [
            new("encoder") { Prefixes = ["encoder."], Layers = ["block"], CountKeys = ["num_layers"] },
            new("decoder")
            {
                Prefixes = ["decoder.", "lm_head."], Layers = ["block"], CountKeys = ["num_decoder_layers"],
            },
            new("shared") { Prefixes = ["shared."], Layers = [], CountKeys = [] },
        ],
    };
}
