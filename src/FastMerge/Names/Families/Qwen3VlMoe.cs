using static FastMerge.Names.CommonFamilies;
using static FastMerge.Names.LayerKeys;
using static FastMerge.Names.LayerKeyKind;

namespace FastMerge.Names.Families;

/// <summary>Qwen3-VL-MoE: experts fused in one tensor.</summary>
static class Qwen3VlMoe
{
    /// <summary>The data.</summary>
    public static ModelFamily Family { get; } = Mixture("qwen3_vl_moe") with
    {
        ModelTypes = ["qwen3_vl_moe"],
        Architectures = ["Qwen3VLMoeForConditionalGeneration"],
        OtherEmbeddings = ["patch_embed.proj.weight", "patch_embed.proj.bias", "pos_embed.weight"],
        Modules =
        [
            TextDecoder(DecoderSparseStep, MlpOnlyLayers),
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
