using static FastMerge.Names.CommonFamilies;
using static FastMerge.Names.LayerKeys;

namespace FastMerge.Names.Families;

/// <summary>Qwen3-VL: mergers at several depths of the vision tower.</summary>
static class Qwen3Vl
{
    /// <summary>The data.</summary>
    public static ModelFamily Family { get; } = Decoder("qwen3_vl") with
    {
        ModelTypes = ["qwen3_vl"],
        Architectures = ["Qwen3VLForConditionalGeneration"],
        OtherEmbeddings = QwenPatches,
        Modules = [TextDecoder(LayerTypes), .. QwenVision],
    };
}
