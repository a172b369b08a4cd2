using static FastMerge.Names.CommonFamilies;
using static FastMerge.Names.LayerKeys;
using static FastMerge.Names.LayerKeyKind;

namespace FastMerge.Names.Families;

/// <summary>Qwen3-VL: mergers at several depths of the vision tower.</summary>
static class Qwen3Vl
{
    /// <summary>The data.</summary>
    public static ModelFamily Family { get; } = Decoder("qwen3_vl") with
    {
        ModelTypes = ["qwen3_vl"],
        Architectures = ["Qwen3VLForConditionalGeneration"],
        OtherEmbeddings = ["patch_embed.proj.weight", "patch_embed.proj.bias", "pos_embed.weight"],
        Modules =
        [
            TextDecoder(LayerTypes),
            Projector(
                "visual.merger.", "model.visual.merger.", "visual.deepstack_merger_list.",
                "model.visual.deepstack_merger_list."),
            new("vision_tower")
            {
                Prefixes = ["visual.", "model.visual."],
                Layers = ["blocks"],
                Section = "vision_config",
                CountKeys = ["depth"],
                LayerKeys =
                    [new("fullatt_block_indexes", Numbers), new("deepstack_visual_indexes", Numbers)],
            },
        ],
    };
}
