using static FastMerge.Names.CommonFamilies;
using static FastMerge.Names.LayerKeys;

namespace FastMerge.Names.Families;

/// <summary>Qwen1.5-MoE and Qwen2-MoE: a gated shared expert beside the others.</summary>
static class Qwen2Moe
{
    /// <summary>The data.</summary>
    public static ModelFamily Family { get; } = Mixture("qwen2_moe") with
    {
        ModelTypes = ["qwen2_moe"],
        Architectures = ["Qwen2MoeForCausalLM"],
        Marks = ["layers.0.mlp.gate.weight", "layers.0.mlp.shared_expert_gate.weight"],
        SharedExperts = ["mlp.shared_expert.*.weight", "mlp.shared_expert_gate.weight"],
        Modules = [Stack(DecoderSparseStep, MlpOnlyLayers, MaxWindowLayers, LayerTypes)],
    };
}
