using static FastMerge.Names.CommonFamilies;
using static FastMerge.Names.LayerKeys;

namespace FastMerge.Names.Families;

/// <summary>DeepSeek-V2 and its distillations: compressed attention, dense layers first.</summary>
static class DeepseekV2
{
    /// <summary>The data.</summary>
    public static ModelFamily Family { get; } = Mixture("deepseek_v2") with
    {
        ModelTypes = ["deepseek_v2"],
        Architectures = ["DeepseekV2ForCausalLM", "DeepseekForCausalLM"],
        Marks = ["layers.0.self_attn.kv_a_proj_with_mqa.weight", "layers.0.self_attn.kv_b_proj.weight"],
        SharedExperts = ["mlp.shared_experts.*.*"],
        Modules = [Stack(FirstKDenseReplace, MoeLayerFreq)],
    };
}
