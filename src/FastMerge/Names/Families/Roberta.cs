namespace FastMerge.Names.Families;

/// <summary>RoBERTa, XLM-RoBERTa and CamemBERT.</summary>
static class Roberta
{
    /// <summary>The data.</summary>
    public static ModelFamily Family { get; } = new("roberta")
    {
        ModelTypes = ["roberta", "xlm-roberta", "camembert"],
        Architectures =
        [
            "RobertaModel", "RobertaForMaskedLM", "RobertaForSequenceClassification",
            "RobertaForTokenClassification", "XLMRobertaModel", "XLMRobertaForMaskedLM",
            "XLMRobertaForSequenceClassification",
        ],
        Marks =
        [
            "encoder.layer.0.attention.self.query.weight", "embeddings.word_embeddings.weight",
            "embeddings.token_type_embeddings.weight", "lm_head.dense.weight",
        ],
        Embeddings = ["embeddings.word_embeddings.weight"],
        OtherEmbeddings = ["embeddings.position_embeddings.weight", "embeddings.token_type_embeddings.weight"],
        Heads = ["lm_head.decoder.*", "lm_head.bias"],
        OtherHeads =
        [
            "lm_head.dense.*", "lm_head.layer_norm.*", "pooler.dense.*", "classifier.dense.*",
            "classifier.out_proj.*", "classifier.*",
        ],
        Optional = ["embeddings.position_ids", "pooler.dense.*"],
        Modules = [new("") { Layers = ["encoder.layer"] }],
    };
}
