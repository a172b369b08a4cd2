using System.Collections.Immutable;
using FastMerge.Core;
using FastMerge.Names;
using FastMerge.Recipe;

namespace FastMerge.Plan;

/// <summary>A tensor of the output before it is known how it is merged.</summary>
/// <param name="Traits">Its name and place in the output.</param>
/// <param name="Slice">The slice that it belongs to.</param>
/// <param name="Position">Of its layer in the slice, from 0 to 1; 0 outside the layers.</param>
/// <param name="Names">Its name in each source of the slice, whether the source has it or not.</param>
/// <param name="HasVocabularyRows">Whether it has one row for each entry of the vocabulary.</param>
/// <param name="IsOptional">Whether a source may lack it.</param>
sealed record OutputTensor(
    TensorTraits Traits, LayerSlice Slice, double Position, string[] Names, bool HasVocabularyRows, bool IsOptional)
{
    /// <summary>The tensor as a source has it.</summary>
    public TensorTraits In(int source, SourceModel model) =>
        Traits with { Name = Names[source], Layer = model.Names[Names[source]].Layer };
}

/// <summary>
/// The tensors that a module's slices give: those before the layers come from the sources of the first slice, those
/// after the layers from the last one's, and the layers are numbered through all slices.
/// </summary>
/// <param name="module">The module's name in the models.</param>
/// <param name="slices">Its slices.</param>
/// <param name="isRead">Whether any method reads a source of a slice.</param>
/// <param name="open">The model of a source.</param>
sealed class OutputTensors(
    string module, ImmutableArray<LayerSlice> slices, Func<LayerSlice, int, bool> isRead,
    Func<LayerSource, SourceModel> open)
{
    /// <summary>All of them, in no particular order.</summary>
    public IEnumerable<OutputTensor> All() => slices[0].IsWhole ? Whole(slices[0]) : Stacked();

    /// <summary>
    /// Where each layer of the output comes from, for its configuration: the base's source, else the first.
    /// </summary>
    public IReadOnlyList<(SourceModel Model, int Layer)> Stack() =>
    [
        .. slices.SelectMany(s => Enumerable.Range(0, s.LayerCount).Select(i =>
        {
            var source = s.Sources[Math.Max(0, s.BaseIndex)];
            return (open(source), source.Layers!.Value.From + i);
        })),
    ];

    /// <summary>Fails if a source has fewer layers than its range asks for, or more than those beside it.</summary>
    /// <exception cref="FastMergeException">Recipe: a range beyond the model's layers, or ranges of unequal
    /// length.</exception>
    public void CheckRanges()
    {
        foreach (var source in slices.SelectMany(s => s.Sources))
        {
            if (source.Layers is not { } range) continue;
            var model = open(source);
            var count = model.Names.LayerCount(module);
            var where = module.Length == 0 ? "" : $" in {module}";
            if (range.To > count)
                throw RecipeError.At(source.RangeSpan, $"layer_range {range} goes beyond {model.Text}, which has "
                    + $"{count} layers{where}; accepted: ranges within [0, {count}]");
        }
        foreach (var slice in slices) slice.CheckCounts();
    }

    IEnumerable<OutputTensor> Whole(LayerSlice slice)
    {
        var models = Open(slice);
        var layers = models.Max(m => m?.Names.LayerCount(module) ?? 0);
        return Gather(slice, [.. models.Select(m => m?.In(module) ?? [])], null, null,
            name => name.Layer is { } layer ? Position(layer, layers) : 0);
    }

    IEnumerable<OutputTensor> Stacked()
    {
        foreach (var tensor in Outside(slices[0], TensorStage.Before)) yield return tensor;
        var first = 0;
        foreach (var slice in slices)
        {
            var models = Open(slice);
            for (var i = 0; i < slice.LayerCount; i++)
            {
                var names = models.Select((m, s) =>
                    m?.At(module, TensorStage.Layer, slice.Sources[s].Layers!.Value.From + i) ?? []).ToArray();
                var (position, at) = (Position(i, slice.LayerCount), i);
                foreach (var tensor in Gather(
                    slice, names, first + i, s => slice.Sources[s].Layers!.Value.From + at, _ => position))
                    yield return tensor;
            }
            first += slice.LayerCount;
        }
        foreach (var tensor in Extra(slices[^1], first)) yield return tensor;
        foreach (var tensor in Outside(slices[^1], TensorStage.After)) yield return tensor;
    }

    /// <summary>Layers behind the stack, which predict further tokens: of the last slice, numbered on.</summary>
    IEnumerable<OutputTensor> Extra(LayerSlice slice, int first)
    {
        var models = Open(slice);
        int[] counts = [.. models.Select(m => m?.Names.LayerCount(module) ?? 0)];
        for (var extra = 0; ; extra++)
        {
            var names = models.Select((m, s) =>
                m?.At(module, TensorStage.Layer, counts[s] + extra).ToArray() ?? []).ToArray();
            if (names.All(n => n.Length == 0)) yield break;
            var number = extra;
            foreach (var tensor in Gather(slice, names, first + extra, s => counts[s] + number, _ => 1))
                yield return tensor;
        }
    }

    IEnumerable<OutputTensor> Outside(LayerSlice slice, TensorStage stage)
    {
        var names = Open(slice).Select(m => m?.At(module, stage, null) ?? []).ToArray();
        if (stage == TensorStage.After) names[0] = names[0].Concat(TiedHeads(slice));
        return Gather(slice, names, null, null, _ => 0);
    }

    /// <summary>Heads that sources of other slices have, where only embeddings can stand in for them in this
    /// one.</summary>
    IEnumerable<TensorName> TiedHeads(LayerSlice slice)
    {
        var models = Open(slice).OfType<SourceModel>().ToArray();
        return slices.SelectMany(Open).OfType<SourceModel>().Distinct()
            .SelectMany(m => m.At(module, TensorStage.After, null))
            .Where(n => models.All(m => m.Find(n.Text) is null && m.Names.StandIn(n.Text) is not null))
            .DistinctBy(n => n.Text);
    }

    /// <summary>The models of a slice's sources; null for those that nothing reads.</summary>
    SourceModel?[] Open(LayerSlice slice) =>
        [.. slice.Sources.Select((s, i) => isRead(slice, i) ? open(s) : null)];

    /// <summary>Brings equal tensors of several sources together, by their names in the output.</summary>
    /// <param name="slice">Their slice.</param>
    /// <param name="names">The names of each source.</param>
    /// <param name="layer">The layer in the output; null to keep names as they are.</param>
    /// <param name="layerOf">The layer in a source.</param>
    /// <param name="position">The place of a tensor's layer.</param>
    static IEnumerable<OutputTensor> Gather(
        LayerSlice slice, IEnumerable<TensorName>[] names, int? layer, Func<int, int>? layerOf,
        Func<TensorName, double> position) =>
        from name in names.SelectMany(n => n)
        group name by layer is { } number ? name.AtLayer(number) : name.Text into equal
        let first = equal.First()
        let own = slice.Sources.Select((_, s) => layerOf is null ? equal.Key : first.AtLayer(layerOf(s)))
        select new OutputTensor(
            new(equal.Key, first.Role, layer ?? first.Layer, first.Expert), slice, position(first), [.. own],
            equal.Any(n => n.HasVocabularyRows), equal.Any(n => n.IsOptional));

    static double Position(int layer, int count) => count > 1 ? Math.Clamp((double)layer / (count - 1), 0, 1) : 1;
}
