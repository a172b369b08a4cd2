using static FastMerge.Names.CommonFamilies;
using static FastMerge.Names.LayerKeys;

namespace FastMerge.Names.Families;

/// <summary>DeepSeek-V3, V3.1 and R1: a router with a bias, a layer beyond the last that predicts ahead.</summary>
static class DeepseekV3
{
    /// <summary>The data.</summary>
    public static ModelFamily Family { get; } = Mixture("deepseek_v3") with
    {
        ModelTypes = ["deepseek_v3"],
        Architectures = ["DeepseekV3ForCausalLM", "DeepseekV32ForCausalLM"],
        Marks =
        [
            "layers.0.self_attn.kv_a_proj_with_mqa.weight", "layers.0.self_attn.kv_b_proj.weight",
            "mlp.gate.e_score_correction_bias",
        ],
        Heads = ["lm_head.weight", "shared_head.head.weight"],
        SharedExperts = ["mlp.shared_experts.*.*"],
        Modules = [Stack(FirstKDenseReplace, MoeLayerFreq)],
    };
}
