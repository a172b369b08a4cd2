using static FastMerge.Names.CommonFamilies;
using static FastMerge.Names.LayerKeys;

namespace FastMerge.Names.Families;

/// <summary>Qwen3: norms of queries and keys.</summary>
static class Qwen3
{
    /// <summary>The data.</summary>
    public static ModelFamily Family { get; } = Decoder("qwen3") with
    {
        ModelTypes = ["qwen3"],
        Architectures = ["Qwen3ForCausalLM"],
        Marks =
        [
            "layers.0.self_attn.q_proj.weight", "layers.0.self_attn.q_norm.weight", "layers.0.mlp.gate_proj.weight",
        ],
        Modules = [Stack(MaxWindowLayers, LayerTypes)],
    };
}
