using static FastMerge.Names.CommonFamilies;

namespace FastMerge.Names.Families;

/// <summary>Phi-1, Phi-1.5 and Phi-2: attention and MLP in parallel, biases everywhere.</summary>
static class Phi
{
    /// <summary>The data.</summary>
    public static ModelFamily Family { get; } = Decoder("phi") with
    {
        ModelTypes = ["phi", "phi-msft"],
        Architectures = ["PhiForCausalLM"],
        Marks = ["layers.0.self_attn.dense.weight", "layers.0.mlp.fc1.weight", "model.final_layernorm.weight"],
        FinalNorms = ["model.final_layernorm.*"],
        Modules = [Stack()],
    };
}
