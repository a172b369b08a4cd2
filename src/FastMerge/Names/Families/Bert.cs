namespace FastMerge.Names.Families;

/// <summary>BERT and its kin, with the heads of their tasks.</summary>
static class Bert
{
    /// <summary>The data.</summary>
    public static ModelFamily Family { get; } = new("bert")
    {
        ModelTypes = ["bert", "electra"],
        Architectures =
        [
            "BertModel", "BertForMaskedLM", "BertForPreTraining", "BertForSequenceClassification",
            "BertForTokenClassification", "BertForQuestionAnswering",
        ],
        Marks =
        [
            "encoder.layer.0.attention.self.query.weight", "embeddings.word_embeddings.weight",
            "embeddings.token_type_embeddings.weight",
        ],
        Embeddings = ["embeddings.word_embeddings.weight"],
        OtherEmbeddings = ["embeddings.position_embeddings.weight", "embeddings.token_type_embeddings.weight"],
        Heads = ["cls.predictions.decoder.*", "cls.predictions.bias"],
        OtherHeads =
        [
            "cls.predictions.transform.dense.*", "cls.predictions.transform.LayerNorm.*", "cls.seq_relationship.*",
            "pooler.dense.*", "classifier.*", "qa_outputs.*",
        ],
        Optional = ["embeddings.position_ids", "pooler.dense.*"],
        Modules = [new("") { Layers = ["encoder.layer"] }],
    };
}
