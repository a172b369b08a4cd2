namespace FastMerge.Names.Families;

/// <summary>Mixtral; experts have <c>w1</c> (gate), <c>w3</c> (up) and <c>w2</c> (down).</summary>
static class Mixtral
{
    /// <summary>The data.</summary>
    public static ModelFamily Family { get; } = new("mixtral")
    {
        ModelTypes = ["mixtral"],
        Architectures = ["MixtralForCausalLM"],
        Marks = ["model.layers.0.block_sparse_moe.gate.weight"],
        Embeddings = ["embed_tokens.weight"],
        Heads = ["lm_head.weight"],
        FinalNorms = ["model.norm.weight"],
        Routers = ["block_sparse_moe.gate.*"],
    };
}
