using System.Collections.Immutable;

namespace FastMerge.Names;

/// <summary>
/// How the tensors of a family of models are called: data, one file a family. Patterns are ends of names, cut at
/// dots, in which <c>*</c> stands for one word; what a family does not say, general rules find.
/// </summary>
/// <param name="Name">The family's name.</param>
sealed record ModelFamily(string Name)
{
    /// <summary>Values of <c>model_type</c> in config.json.</summary>
    public ImmutableArray<string> ModelTypes { get; init; } = [];

    /// <summary>Classes in <c>architectures</c> of config.json.</summary>
    public ImmutableArray<string> Architectures { get; init; } = [];

    /// <summary>Ends of names that together show the family without a configuration; none: names cannot.</summary>
    public ImmutableArray<string> Marks { get; init; } = [];

    /// <summary>The parts of the model; the first also has what no other claims.</summary>
    public ImmutableArray<ModuleNames> Modules { get; init; } = [new("")];

    /// <summary>Token embeddings: rows of the vocabulary.</summary>
    public ImmutableArray<string> Embeddings { get; init; } = [];

    /// <summary>Other embeddings: positions, token types, patches.</summary>
    public ImmutableArray<string> OtherEmbeddings { get; init; } = [];

    /// <summary>Projections to the vocabulary.</summary>
    public ImmutableArray<string> Heads { get; init; } = [];

    /// <summary>Heads without rows of the vocabulary: classes, transforms before the projection.</summary>
    public ImmutableArray<string> OtherHeads { get; init; } = [];

    /// <summary>Norms after the last layer.</summary>
    public ImmutableArray<string> FinalNorms { get; init; } = [];

    /// <summary>What sends tokens to experts.</summary>
    public ImmutableArray<string> Routers { get; init; } = [];

    /// <summary>Experts that see every token.</summary>
    public ImmutableArray<string> SharedExperts { get; init; } = [];

    /// <summary>Tensors that a complete model may lack.</summary>
    public ImmutableArray<string> Optional { get; init; } = [];

    /// <summary>The embedding that stands in for other absent tensors of vocabulary rows; null: the only one.</summary>
    public string? TiedTo { get; init; }

    /// <summary>Found in layers beyond the stack that predict further tokens; a model may lack them.</summary>
    public string ExtraLayerMark { get; init; } = "eh_proj.weight";
}

/// <summary>A part of a model with its own stack of layers, and the keys of config.json for it.</summary>
/// <param name="Name">The name recipes call it by; empty if it is the only one.</param>
sealed record ModuleNames(string Name)
{
    /// <summary>Starts of the names of its tensors.</summary>
    public ImmutableArray<string> Prefixes { get; init; } = [];

    /// <summary>Words before the layer number.</summary>
    public ImmutableArray<string> Layers { get; init; } = ["layers"];

    /// <summary>The object of config.json with its keys; empty for the outer one.</summary>
    public string Section { get; init; } = "";

    /// <summary>Keys with the number of layers.</summary>
    public ImmutableArray<string> CountKeys { get; init; } = ["num_hidden_layers"];

    /// <summary>Keys that say something about single layers.</summary>
    public ImmutableArray<LayerKey> LayerKeys { get; init; } = [];
}
