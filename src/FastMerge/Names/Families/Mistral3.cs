using static FastMerge.Names.CommonFamilies;

namespace FastMerge.Names.Families;

/// <summary>Mistral Small 3.1 with images.</summary>
static class Mistral3
{
    /// <summary>The data.</summary>
    public static ModelFamily Family { get; } = Decoder("mistral3") with
    {
        ModelTypes = ["mistral3"],
        Architectures = ["Mistral3ForConditionalGeneration"],
        OtherEmbeddings = ["patch_conv.weight"],
        Modules =
        [
            TextDecoder(),
            Projector("multi_modal_projector.", "model.multi_modal_projector."),
            new("vision_tower") { Prefixes = ["vision_tower.", "model.vision_tower."], Section = "vision_config" },
        ],
    };
}
