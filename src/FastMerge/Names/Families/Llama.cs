namespace FastMerge.Names.Families;

/// <summary>Llama 1 to 3 and the many models with its names.</summary>
static class Llama
{
    /// <summary>The data.</summary>
    public static ModelFamily Family { get; } = new("llama")
    {
        ModelTypes = ["llama", "solar", "yi", "arcee", "apertus", "granite", "exaone4"],
        Architectures = ["LlamaForCausalLM", "LLaMAForCausalLM"],
        Marks = ["model.layers.0.self_attn.q_proj.weight", "model.layers.0.mlp.gate_proj.weight"],
        Embeddings = ["embed_tokens.weight"],
        Heads = ["lm_head.weight"],
        FinalNorms = ["model.norm.weight"],
        Optional = ["rotary_emb.inv_freq"],
    };
}
