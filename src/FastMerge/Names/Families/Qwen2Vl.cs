using static FastMerge.Names.CommonFamilies;
using static FastMerge.Names.LayerKeys;

namespace FastMerge.Names.Families;

/// <summary>Qwen2-VL.</summary>
static class Qwen2Vl
{
    /// <summary>The data.</summary>
    public static ModelFamily Family { get; } = Decoder("qwen2_vl") with
    {
        ModelTypes = ["qwen2_vl"],
        Architectures = ["Qwen2VLForConditionalGeneration"],
        OtherEmbeddings = QwenPatches,
        Modules = [TextDecoder(MaxWindowLayers, LayerTypes), .. QwenVision],
    };
}
