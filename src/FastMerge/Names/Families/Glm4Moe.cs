using static FastMerge.Names.CommonFamilies;
using static FastMerge.Names.LayerKeys;

namespace FastMerge.Names.Families;

/// <summary>GLM-4.5 and its successors: dense layers first, a layer beyond the last that predicts ahead.</summary>
static class Glm4Moe
{
    /// <summary>The data.</summary>
    public static ModelFamily Family { get; } = Mixture("glm4_moe") with
    {
        ModelTypes = ["glm4_moe"],
        Architectures = ["Glm4MoeForCausalLM"],
        Marks =
        [
            "layers.0.self_attn.q_proj.weight", "mlp.shared_experts.gate_proj.weight",
            "mlp.gate.e_score_correction_bias",
        ],
        Heads = ["lm_head.weight", "shared_head.head.weight"],
        SharedExperts = ["mlp.shared_experts.*.*"],
        Optional = ["rotary_emb.inv_freq", "shared_head.head.weight"],
        Modules = [Stack(FirstKDenseReplace)],
    };
}
