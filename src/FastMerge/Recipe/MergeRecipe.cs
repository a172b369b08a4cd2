using System.Collections.Immutable;
using FastMerge.Core;

namespace FastMerge.Recipe;

/// <summary>A model that takes part, with its own parameters.</summary>
sealed record ModelEntry(ModelReference Model, ParameterSet Parameters, SourceSpan Span);

/// <summary>A model's part in a slice: its layers below <paramref name="To"/>, from <paramref name="From"/>.</summary>
sealed record SliceSource(ModelReference Model, int From, int To, ParameterSet Parameters, SourceSpan Span)
{
    /// <summary>Where the range is written.</summary>
    public SourceSpan RangeSpan { get; init; } = Span;
}

/// <summary>A run of layers of the output.</summary>
sealed record OutputSlice(
    ImmutableArray<SliceSource> Sources, ModelReference? Base, ParameterSet Parameters, SourceSpan Span);

/// <summary>A named part of an architecture, merged from models or from slices.</summary>
sealed record ModuleEntry(
    string Name, ImmutableArray<ModelEntry> Models, ImmutableArray<OutputSlice> Slices, ParameterSet Parameters,
    SourceSpan Span);

/// <summary>
/// Another method for some tensors; the first rule that matches a tensor decides. Its parameters come after those
/// of a source and before those of a slice.
/// </summary>
sealed record RuleEntry(Selector Tensors, Spanned<string> MergeMethod, ParameterSet Parameters, SourceSpan Span);

/// <summary>A parameter and the model it is written under; null for the recipe, a slice or a module.</summary>
readonly record struct ParameterUse(ParameterEntry Parameter, ModelReference? Model);

/// <summary>A recipe as written: names and values, not yet checked against a method.</summary>
sealed record MergeRecipe
{
    /// <summary>The file it was read from.</summary>
    public required string FileName { get; init; }

    /// <summary>The original text.</summary>
    public required string Text { get; init; }

    /// <summary>Where the document begins.</summary>
    public required SourceSpan Span { get; init; }

    /// <summary>The method's name.</summary>
    public required Spanned<string> MergeMethod { get; init; }

    /// <summary>The document's own name, by which others of its file take its result as a model.</summary>
    public Spanned<string>? Name { get; init; }

    /// <summary>The base model.</summary>
    public ModelReference? Base { get; init; }

    /// <summary>The models that are merged; empty if the recipe has slices or modules.</summary>
    public ImmutableArray<ModelEntry> Models { get; init; } = [];

    /// <summary>Layers of the output, one run after the other.</summary>
    public ImmutableArray<OutputSlice> Slices { get; init; } = [];

    /// <summary>Parts of the architecture.</summary>
    public ImmutableArray<ModuleEntry> Modules { get; init; } = [];

    /// <summary>Other methods for some tensors, the first that matches first.</summary>
    public ImmutableArray<RuleEntry> Rules { get; init; } = [];

    /// <summary>The parameters of the whole recipe.</summary>
    public ParameterSet Parameters { get; init; } = ParameterSet.Empty;

    /// <summary>What inputs are cast to before the merge.</summary>
    public Spanned<DType>? DType { get; init; }

    /// <summary>What the output is written as.</summary>
    public Spanned<DType>? OutDType { get; init; }

    /// <summary>Whose tokenizer to take.</summary>
    public Spanned<string>? TokenizerSource { get; init; }

    /// <summary>How to build the tokenizer.</summary>
    public YamlMap? Tokenizer { get; init; }

    /// <summary>The chat template, by name or in full.</summary>
    public Spanned<string>? ChatTemplate { get; init; }

    /// <summary>What the reader found odd.</summary>
    public ImmutableArray<RecipeWarning> Warnings { get; init; } = [];

    /// <summary>Every model that is named, the base first; a model named twice is there twice.</summary>
    public IEnumerable<ModelReference> AllModels() =>
    [
        .. new[] { Base }.OfType<ModelReference>(),
        .. Models.Select(m => m.Model),
        .. Slices.SelectMany(SliceModels),
        .. Modules.SelectMany(m => m.Models.Select(e => e.Model).Concat(m.Slices.SelectMany(SliceModels))),
    ];

    /// <summary>Every parameter of every level, without those of rules.</summary>
    public IEnumerable<ParameterUse> AllParameters() =>
    [
        .. Uses(Parameters, null),
        .. Models.SelectMany(m => Uses(m.Parameters, m.Model)),
        .. Slices.SelectMany(SliceUses),
        .. Modules.SelectMany(m => Uses(m.Parameters, null)
            .Concat(m.Models.SelectMany(e => Uses(e.Parameters, e.Model))).Concat(m.Slices.SelectMany(SliceUses))),
    ];

    static IEnumerable<ModelReference> SliceModels(OutputSlice slice) =>
        [.. new[] { slice.Base }.OfType<ModelReference>(), .. slice.Sources.Select(s => s.Model)];

    static IEnumerable<ParameterUse> SliceUses(OutputSlice slice) =>
        Uses(slice.Parameters, null).Concat(slice.Sources.SelectMany(s => Uses(s.Parameters, s.Model)));

    static IEnumerable<ParameterUse> Uses(ParameterSet set, ModelReference? model) =>
        set.Entries.Select(e => new ParameterUse(e, model));
}
