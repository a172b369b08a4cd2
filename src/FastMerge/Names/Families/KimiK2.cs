using static FastMerge.Names.CommonFamilies;
using static FastMerge.Names.LayerKeys;

namespace FastMerge.Names.Families;

/// <summary>Kimi-K2: DeepSeek-V3 with one dense layer and no layer beyond the last.</summary>
static class KimiK2
{
    /// <summary>The data.</summary>
    public static ModelFamily Family { get; } = Mixture("kimi_k2") with
    {
        ModelTypes = ["kimi_k2"],
        Architectures = ["KimiK2ForCausalLM"],
        Heads = ["lm_head.weight", "shared_head.head.weight"],
        SharedExperts = ["mlp.shared_experts.*.*"],
        Modules = [Stack(FirstKDenseReplace, MoeLayerFreq)],
    };
}
