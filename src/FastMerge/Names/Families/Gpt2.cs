namespace FastMerge.Names.Families;

/// <summary>GPT-2: weights of Conv1D, inputs first; stored masks in older files.</summary>
static class Gpt2
{
    /// <summary>The data.</summary>
    public static ModelFamily Family { get; } = new("gpt2")
    {
        ModelTypes = ["gpt2"],
        Architectures = ["GPT2LMHeadModel", "GPT2Model"],
        Marks = ["h.0.attn.c_attn.weight", "wte.weight", "wpe.weight"],
        Embeddings = ["wte.weight"],
        OtherEmbeddings = ["wpe.weight"],
        Heads = ["lm_head.weight"],
        FinalNorms = ["ln_f.*"],
        Optional = ["attn.bias", "attn.masked_bias"],
        Modules = [new("") { Layers = ["h"], CountKeys = ["n_layer", "num_hidden_layers"] }],
    };
}
