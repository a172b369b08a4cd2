using static FastMerge.Names.CommonFamilies;
using static FastMerge.Names.LayerKeys;

namespace FastMerge.Names.Families;

/// <summary>Qwen3-VL-MoE: experts fused in one tensor.</summary>
static class Qwen3VlMoe
{
    /// <summary>The data.</summary>
    public static ModelFamily Family { get; } = Mixture("qwen3_vl_moe") with
    {
        ModelTypes = ["qwen3_vl_moe"],
        Architectures = ["Qwen3VLMoeForConditionalGeneration"],
        OtherEmbeddings = QwenPatches,
        Modules = [TextDecoder(DecoderSparseStep, MlpOnlyLayers), .. QwenVision],
    };
}
