using System.Collections.Immutable;
using FastMerge.Core;
using FastMerge.Recipe;

namespace FastMerge.Plan;

/// <summary>A tensor of the output before it is known how it is merged.</summary>
/// <param name="Traits">Its name and place in the output.</param>
/// <param name="Slice">The slice that it belongs to.</param>
/// <param name="Position">Of its layer in the slice, from 0 to 1; 0 outside the layers.</param>
/// <param name="Names">Its name in each source of the slice; null in those without it.</param>
/// <param name="Nominal">What its name would be in each source.</param>
sealed record OutputTensor(
    TensorTraits Traits, LayerSlice Slice, double Position, TensorName?[] Names, string[] Nominal);

/// <summary>
/// The tensors that a module's slices give: those before the layers come from the sources of the first slice, those
/// after the layers from the last one's, and the layers are numbered through all slices.
/// </summary>
sealed class OutputTensors(string module, ImmutableArray<LayerSlice> slices, Func<LayerSource, SourceModel> open)
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

    /// <summary>Fails if a source has fewer layers than its range asks for.</summary>
    /// <exception cref="FastMergeException">Recipe: a range beyond the model's layers.</exception>
    public void CheckRanges()
    {
        foreach (var source in slices.SelectMany(s => s.Sources))
        {
            if (source.Layers is not { } range) continue;
            var model = open(source);
            var count = model.Names.LayerCount(module);
            if (range.To > count)
                throw RecipeError.At(source.Span, $"layer_range {range} goes beyond {model.Text}, which has {count} "
                    + $"layers{(module.Length == 0 ? "" : $" in {module}")}; accepted: 0 to {count}");
        }
    }

    IEnumerable<OutputTensor> Whole(LayerSlice slice)
    {
        SourceModel[] models = [.. slice.Sources.Select(open)];
        var layers = models.Max(m => m.Names.LayerCount(module));
        return Gather(slice, models, [.. models.Select(m => m.Of(module))], null,
            name => name.Layer is { } layer ? Position(layer, layers) : 0);
    }

    IEnumerable<OutputTensor> Stacked()
    {
        foreach (var tensor in Outside(slices[0], TensorStage.Before)) yield return tensor;
        var first = 0;
        foreach (var slice in slices)
        {
            SourceModel[] models = [.. slice.Sources.Select(open)];
            for (var i = 0; i < slice.LayerCount; i++)
            {
                var names = models.Select((m, s) =>
                    m.At(module, TensorStage.Layer, slice.Sources[s].Layers!.Value.From + i)).ToArray();
                var position = Position(i, slice.LayerCount);
                foreach (var tensor in Gather(slice, models, names, first + i, _ => position)) yield return tensor;
            }
            first += slice.LayerCount;
        }
        foreach (var tensor in Outside(slices[^1], TensorStage.After)) yield return tensor;
    }

    IEnumerable<OutputTensor> Outside(LayerSlice slice, TensorStage stage)
    {
        SourceModel[] models = [.. slice.Sources.Select(open)];
        var names = models.Select(m => m.At(module, stage, null)).ToArray();
        if (stage == TensorStage.After) names[0] = names[0].Concat(TiedHeads(models));
        return Gather(slice, models, names, null, _ => 0);
    }

    /// <summary>Heads that other slices have and for which the embeddings of these models stand in.</summary>
    IEnumerable<TensorName> TiedHeads(SourceModel[] models) => slices.SelectMany(s => s.Sources).Select(open).Distinct()
        .SelectMany(m => m.At(module, TensorStage.After, null))
        .Where(n => models.All(m => m.Find(n.Text) is null && m.Names.StandIn(n.Text) is not null))
        .DistinctBy(n => n.Text);

    /// <summary>Brings equal tensors of several sources together, by their names in the output.</summary>
    static IEnumerable<OutputTensor> Gather(
        LayerSlice slice, SourceModel[] models, IEnumerable<TensorName>[] names, int? layer,
        Func<TensorName, double> position)
    {
        var found = new Dictionary<string, TensorName?[]>(StringComparer.Ordinal);
        for (var i = 0; i < models.Length; i++)
            foreach (var name in names[i])
            {
                var output = layer is { } l ? name.AtLayer(l) : name.Text;
                if (!found.TryGetValue(output, out var row)) found[output] = row = new TensorName?[models.Length];
                row[i] = name;
            }
        foreach (var (output, row) in found)
        {
            var first = row.First(n => n is not null)!;
            var nominal = slice.Sources.Select((s, i) => row[i]?.Text ?? (layer is null || s.Layers is not { } range
                ? output : first.AtLayer(range.From + layer.Value - LayerOffset(first, slice, row, layer.Value)))).ToArray();
            yield return new(new(output, first.Role, layer ?? first.Layer, first.Expert), slice, position(first), row,
                nominal);
        }
    }

    static int LayerOffset(TensorName first, LayerSlice slice, TensorName?[] row, int layer)
    {
        var source = Array.FindIndex(row, n => n is not null);
        return layer - (first.Layer!.Value - slice.Sources[source].Layers!.Value.From);
    }

    static double Position(int layer, int count) => count > 1 ? Math.Clamp((double)layer / (count - 1), 0, 1) : 1;
}
