using static FastMerge.Names.CommonFamilies;
using static FastMerge.Names.LayerKeys;

namespace FastMerge.Names.Families;

/// <summary>Llama 4: experts fused in one tensor without <c>.weight</c>, in some layers; sees images.</summary>
static class Llama4
{
    /// <summary>The data.</summary>
    public static ModelFamily Family { get; } = Decoder("llama4") with
    {
        ModelTypes = ["llama4", "llama4_text"],
        Architectures = ["Llama4ForConditionalGeneration", "Llama4ForCausalLM"],
        Marks = ["feed_forward.router.weight", "feed_forward.experts.gate_up_proj"],
        Routers = ["feed_forward.router.*"],
        SharedExperts = ["feed_forward.shared_expert.*.weight"],
        OtherEmbeddings = ["class_embedding", "positional_embedding_vlm", "patch_embedding.linear.weight"],
        Modules =
        [
            TextDecoder(
                NoRopeLayers,
                LayerTypes,
                MoeLayers,
                InterleaveMoeLayerStep),
            Projector("multi_modal_projector.", "model.multi_modal_projector."),
            new("vision_model") { Prefixes = ["vision_model.", "model.vision_model."], Section = "vision_config" },
        ],
    };
}
