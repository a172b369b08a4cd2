using static FastMerge.Names.CommonFamilies;

namespace FastMerge.Names.Families;

/// <summary>Phi-3, Phi-3.5 and Phi-4: fused projections.</summary>
static class Phi3
{
    /// <summary>The data.</summary>
    public static ModelFamily Family { get; } = Decoder("phi3") with
    {
        ModelTypes = ["phi3"],
        Architectures = ["Phi3ForCausalLM"],
        Marks = ["layers.0.self_attn.qkv_proj.weight", "layers.0.mlp.gate_up_proj.weight"],
        Modules = [Stack()],
    };
}
