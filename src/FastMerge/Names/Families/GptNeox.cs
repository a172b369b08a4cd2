namespace FastMerge.Names.Families;

/// <summary>GPT-NeoX and Pythia.</summary>
static class GptNeox
{
    /// <summary>The data.</summary>
    public static ModelFamily Family { get; } = new("gpt_neox")
    {
        ModelTypes = ["gpt_neox"],
        Architectures = ["GPTNeoXForCausalLM", "GPTNeoXModel"],
        Marks = ["layers.0.attention.query_key_value.weight", "embed_in.weight"],
        Embeddings = ["embed_in.weight"],
        Heads = ["embed_out.weight"],
        FinalNorms = ["final_layer_norm.*"],
        Optional = ["attention.bias", "attention.masked_bias", "attention.rotary_emb.inv_freq"],
        Modules = [new("")],
    };
}
