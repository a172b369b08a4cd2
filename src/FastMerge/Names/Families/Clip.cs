namespace FastMerge.Names.Families;

/// <summary>CLIP: a text tower and a vision tower.</summary>
static class Clip
{
    /// <summary>The data.</summary>
    public static ModelFamily Family { get; } = new("clip")
    {
        ModelTypes = ["clip"],
        Architectures = ["CLIPModel", "CLIPTextModel", "CLIPVisionModel"],
        Marks =
        [
            "text_model.encoder.layers.0.self_attn.q_proj.weight",
            "vision_model.encoder.layers.0.self_attn.q_proj.weight",
        ],
        Embeddings = ["token_embedding.weight"],
        OtherEmbeddings = ["position_embedding.weight", "class_embedding", "patch_embedding.weight"],
        OtherHeads = ["text_projection.weight", "visual_projection.weight", "logit_scale"],
        FinalNorms = ["text_model.final_layer_norm.*", "vision_model.post_layernorm.*"],
        Optional = ["embeddings.position_ids"],
        Modules =
        [
            new("text_model") { Prefixes = ["text_model.", "text_projection."], Section = "text_config" },
            new("vision_model") { Prefixes = ["vision_model.", "visual_projection."], Section = "vision_config" },
        ],
    };
}
