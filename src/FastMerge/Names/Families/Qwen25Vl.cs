using static FastMerge.Names.CommonFamilies;
using static FastMerge.Names.LayerKeys;

namespace FastMerge.Names.Families;

/// <summary>Qwen2.5-VL.</summary>
static class Qwen25Vl
{
    /// <summary>The data.</summary>
    public static ModelFamily Family { get; } = Decoder("qwen2_5_vl") with
    {
        ModelTypes = ["qwen2_5_vl"],
        Architectures = ["Qwen2_5_VLForConditionalGeneration"],
        OtherEmbeddings = QwenPatches,
        Modules = [TextDecoder(MaxWindowLayers, LayerTypes), .. QwenVision],
    };
}
