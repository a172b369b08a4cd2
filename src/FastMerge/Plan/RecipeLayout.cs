using System.Collections.Immutable;
using FastMerge.Recipe;

namespace FastMerge.Plan;

/// <summary>Layers of a model: those below <paramref name="To"/>, from <paramref name="From"/>.</summary>
readonly record struct LayerRange(int From, int To)
{
    /// <summary>The number of layers.</summary>
    public int Count => To - From;

    /// <summary>As recipes write it.</summary>
    public override string ToString() => $"[{From}, {To}]";
}

/// <summary>A model's part in a slice. Without a range it gives all its layers.</summary>
sealed record LayerSource(ModelReference Model, LayerRange? Layers, ParameterSet Parameters, SourceSpan Span)
{
    /// <summary>Where the range is written.</summary>
    public SourceSpan RangeSpan { get; init; } = Span;
}

/// <summary>
/// A run of layers of the output and what they are merged from: the layers of a <c>slices</c> entry, or all layers
/// of the models of a <c>models</c> list.
/// </summary>
/// <param name="Sources">In the recipe's order; a base that <c>models</c> does not list is appended.</param>
/// <param name="Listed">How many of the sources the recipe lists.</param>
/// <param name="Base">The base of the slice, if there is one, listed or not.</param>
/// <param name="Parameters">Those of the slice.</param>
/// <param name="ModuleParameters">Those of the module that the slice belongs to.</param>
/// <param name="Span">Where the slice is written; the method's place for a list of models.</param>
sealed record LayerSlice(
    ImmutableArray<LayerSource> Sources, int Listed, ModelReference? Base, ParameterSet Parameters,
    ParameterSet ModuleParameters, SourceSpan Span)
{
    /// <summary>The index of the source that is the base; -1 without one.</summary>
    public int BaseIndex { get; } = Base is null ? -1
        : Sources.Select((s, i) => (s, i)).Where(s => s.s.Model.Equals(Base)).Select(s => s.i).FirstOrDefault(-1);

    /// <summary>Whether its sources are whole models.</summary>
    public bool IsWhole => Sources[0].Layers is null;

    /// <summary>Layers of a slice with ranges.</summary>
    public int LayerCount => Sources[0].Layers?.Count ?? 0;

    /// <summary>Fails if its sources have unequal numbers of layers.</summary>
    /// <exception cref="Core.FastMergeException">Recipe: they have.</exception>
    public void CheckCounts()
    {
        foreach (var source in Sources)
            if (source.Layers is { } range && range.Count != LayerCount)
                throw RecipeError.At(source.RangeSpan,
                    $"layer_range {range} has {range.Count} layers, {Sources[0].Layers} of the slice's first "
                    + $"source, at line {Sources[0].RangeSpan.Line}, has {LayerCount}; "
                    + "accepted: sources of as many layers");
    }

    /// <summary>Whether it is the same slice; one that is written the same elsewhere is another.</summary>
    public bool Equals(LayerSlice? other) => ReferenceEquals(this, other);

    /// <inheritdoc/>
    public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);
}

/// <summary>The slices of a part of the architecture, or of every part.</summary>
/// <param name="Name">Null for a recipe without <c>modules</c>: it is for every module of the models.</param>
/// <param name="Slices">In the order of the output's layers.</param>
/// <param name="Span">Where the module is written.</param>
sealed record ModuleLayout(string? Name, ImmutableArray<LayerSlice> Slices, SourceSpan Span);

/// <summary>Brings the ways to list models to one form: modules of slices of sources.</summary>
static class RecipeLayout
{
    /// <summary>The modules of a recipe.</summary>
    public static ImmutableArray<ModuleLayout> Of(MergeRecipe recipe) => recipe.Modules.IsEmpty
        ? [new(null, Slices(recipe, recipe.Models, recipe.Slices, ParameterSet.Empty), recipe.MergeMethod.Span)]
        : [.. recipe.Modules.Select(m => new ModuleLayout(
            m.Name, Slices(recipe, m.Models, m.Slices, m.Parameters), m.Span))];

    static ImmutableArray<LayerSlice> Slices(
        MergeRecipe recipe, ImmutableArray<ModelEntry> models, ImmutableArray<OutputSlice> slices,
        ParameterSet module) =>
        slices.IsEmpty ? [Whole(recipe, models, module)] : [.. slices.Select(s => Part(recipe, s, module))];

    static LayerSlice Whole(MergeRecipe recipe, ImmutableArray<ModelEntry> models, ParameterSet module)
    {
        var span = recipe.MergeMethod.Span;
        var sources = models.Select(m => new LayerSource(m.Model, null, m.Parameters, m.Span)).ToList();
        if (recipe.Base is { } @base && models.All(m => !m.Model.Equals(@base)))
            sources.Add(new(@base, null, ParameterSet.Empty, span));
        return new([.. sources], models.Length, recipe.Base, ParameterSet.Empty, module, span);
    }

    static LayerSlice Part(MergeRecipe recipe, OutputSlice slice, ParameterSet module)
    {
        LayerSource[] sources =
            [.. slice.Sources.Select(s => new LayerSource(s.Model, new(s.From, s.To), s.Parameters, s.Span)
                { RangeSpan = s.RangeSpan })];
        return new(
            [.. sources], sources.Length, slice.Base ?? recipe.Base, slice.Parameters, module, slice.Span);
    }
}
