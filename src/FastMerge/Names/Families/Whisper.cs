namespace FastMerge.Names.Families;

/// <summary>Whisper: encoder of sound, decoder of text; the head is tied to the decoder's embedding.</summary>
static class Whisper
{
    /// <summary>The data.</summary>
    public static ModelFamily Family { get; } = new("whisper")
    {
        ModelTypes = ["whisper"],
        Architectures = ["WhisperForConditionalGeneration", "WhisperModel"],
        Marks = ["encoder.conv1.weight", "decoder.layers.0.encoder_attn.q_proj.weight"],
        Embeddings = ["decoder.embed_tokens.weight"],
        OtherEmbeddings = ["embed_positions.weight", "encoder.conv1.*", "encoder.conv2.*"],
        Heads = ["proj_out.weight"],
        FinalNorms = ["encoder.layer_norm.*", "decoder.layer_norm.*"],
        Optional = ["proj_out.weight"],
        Modules =
        [
            new("encoder")
            {
                Prefixes = ["encoder.", "model.encoder."], CountKeys = ["encoder_layers", "num_hidden_layers"],
            },
            new("decoder") { Prefixes = ["decoder.", "model.decoder.", "proj_out."], CountKeys = ["decoder_layers"] },
        ],
    };
}
