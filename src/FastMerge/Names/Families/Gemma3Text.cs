using static FastMerge.Names.CommonFamilies;
using static FastMerge.Names.LayerKeys;

namespace FastMerge.Names.Families;

/// <summary>Gemma 3 without images: norms of queries and keys; every sixth layer sees all positions.</summary>
static class Gemma3Text
{
    /// <summary>The data.</summary>
    public static ModelFamily Family { get; } = Decoder("gemma3_text") with
    {
        ModelTypes = ["gemma3_text"],
        Architectures = ["Gemma3ForCausalLM"],
        Marks =
        [
            "layers.0.self_attn.q_proj.weight", "layers.0.mlp.gate_proj.weight",
            "layers.0.pre_feedforward_layernorm.weight", "layers.0.self_attn.q_norm.weight",
        ],
        Modules = [Stack(SlidingWindowPattern with { Default = 6 }, LayerTypes)],
    };
}
