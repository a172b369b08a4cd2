using static FastMerge.Names.CommonFamilies;
using static FastMerge.Names.LayerKeys;

namespace FastMerge.Names.Families;

/// <summary>dots.llm1: DeepSeek-V3's experts with ordinary attention.</summary>
static class Dots1
{
    /// <summary>The data.</summary>
    public static ModelFamily Family { get; } = Mixture("dots1") with
    {
        ModelTypes = ["dots1"],
        Architectures = ["Dots1ForCausalLM"],
        Marks =
        [
            "layers.0.self_attn.q_proj.weight", "layers.0.self_attn.q_norm.weight",
            "mlp.shared_experts.gate_proj.weight", "mlp.gate.e_score_correction_bias",
        ],
        SharedExperts = ["mlp.shared_experts.*.*"],
        Modules = [Stack(FirstKDenseReplace, MaxWindowLayers, LayerTypes)],
    };
}
