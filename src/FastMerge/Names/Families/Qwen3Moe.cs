using static FastMerge.Names.CommonFamilies;
using static FastMerge.Names.LayerKeys;

namespace FastMerge.Names.Families;

/// <summary>Qwen3-MoE: norms of queries and keys by head.</summary>
static class Qwen3Moe
{
    /// <summary>The data.</summary>
    public static ModelFamily Family { get; } = Mixture("qwen3_moe") with
    {
        ModelTypes = ["qwen3_moe"],
        Architectures = ["Qwen3MoeForCausalLM"],
        Marks =
        [
            "layers.0.mlp.gate.weight", "layers.0.mlp.experts.0.gate_proj.weight",
            "layers.0.self_attn.q_norm.weight",
        ],
        Modules = [Stack(DecoderSparseStep, MlpOnlyLayers, MaxWindowLayers, LayerTypes)],
    };
}
