namespace FastMerge.Names.Families;

/// <summary>Falcon 7B, 40B and 180B.</summary>
static class Falcon
{
    /// <summary>The data.</summary>
    public static ModelFamily Family { get; } = new("falcon")
    {
        ModelTypes = ["falcon", "RefinedWeb", "RefinedWebModel"],
        Architectures = ["FalconForCausalLM", "RWForCausalLM"],
        Marks = ["h.0.self_attention.query_key_value.weight", "word_embeddings.weight"],
        Embeddings = ["word_embeddings.weight"],
        Heads = ["lm_head.weight"],
        FinalNorms = ["ln_f.*"],
        Modules = [new("") { Layers = ["h"], CountKeys = ["num_hidden_layers", "n_layer"] }],
    };
}
