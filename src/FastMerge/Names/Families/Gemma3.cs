using static FastMerge.Names.CommonFamilies;
using static FastMerge.Names.LayerKeys;

namespace FastMerge.Names.Families;

/// <summary>Gemma 3 with images.</summary>
static class Gemma3
{
    /// <summary>The data.</summary>
    public static ModelFamily Family { get; } = Decoder("gemma3") with
    {
        ModelTypes = ["gemma3"],
        Architectures = ["Gemma3ForConditionalGeneration"],
        OtherEmbeddings = ["patch_embedding.weight", "patch_embedding.bias", "position_embedding.weight"],
        Modules =
        [
            TextDecoder(SlidingWindowPattern with { Default = 6 }, LayerTypes),
            Projector("multi_modal_projector.", "model.multi_modal_projector."),
            new("vision_tower") { Prefixes = ["vision_tower.", "model.vision_tower."], Section = "vision_config" },
        ],
    };
}
