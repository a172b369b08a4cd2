namespace FastMerge.Names.Families;

/// <summary>ViT: images cut into patches.</summary>
static class Vit
{
    /// <summary>The data.</summary>
    public static ModelFamily Family { get; } = new("vit")
    {
        ModelTypes = ["vit", "deit"],
        Architectures = ["ViTModel", "ViTForImageClassification", "ViTForMaskedImageModeling"],
        Marks = ["encoder.layer.0.layernorm_before.weight", "embeddings.cls_token"],
        OtherEmbeddings =
        [
            "embeddings.cls_token", "embeddings.mask_token", "embeddings.distillation_token",
            "embeddings.position_embeddings", "embeddings.patch_embeddings.projection.*",
        ],
        OtherHeads = ["classifier.*", "pooler.dense.*", "cls_classifier.*", "distillation_classifier.*"],
        FinalNorms = ["layernorm.*"],
        Optional = ["pooler.dense.*"],
        Modules = [new("") { Layers = ["encoder.layer"] }],
    };
}
