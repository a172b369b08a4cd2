namespace FastMerge.Names.Families;

/// <summary>DistilBERT.</summary>
static class DistilBert
{
    /// <summary>The data.</summary>
    public static ModelFamily Family { get; } = new("distilbert")
    {
        ModelTypes = ["distilbert"],
        Architectures =
        [
            "DistilBertModel", "DistilBertForMaskedLM", "DistilBertForSequenceClassification",
            "DistilBertForTokenClassification",
        ],
        Marks = ["transformer.layer.0.attention.q_lin.weight", "embeddings.word_embeddings.weight"],
        Embeddings = ["embeddings.word_embeddings.weight"],
        OtherEmbeddings = ["embeddings.position_embeddings.weight"],
        Heads = ["vocab_projector.*"],
        OtherHeads = ["vocab_transform.*", "vocab_layer_norm.*", "pre_classifier.*", "classifier.*", "qa_outputs.*"],
        Modules = [new("") { Layers = ["transformer.layer"], CountKeys = ["n_layers", "num_hidden_layers"] }],
    };
}
