using FastMerge.Core;

namespace FastMerge.Plan;

/// <summary>The inputs of one tensor: which models have it, and the base's.</summary>
/// <param name="Base">The base's tensor, where the method reads the base and the base has it.</param>
/// <param name="Sources">The sources of the slice that have it, without the base.</param>
/// <param name="Models">Their tensors.</param>
sealed record TensorInputs(FoundInput? Base, int[] Sources, FoundInput[] Models)
{
    /// <summary>Every input, the base first.</summary>
    public FoundInput[] All { get; } = Base is { } b ? [b, .. Models] : Models;
}

/// <summary>
/// Finds tensors in the models of their slices. For a head that is tied to an embedding the embedding stands in, and
/// a tensor that models may lack is merged from those that have it.
/// </summary>
sealed class InputFinder(Func<LayerSource, SourceModel> open)
{
    readonly Dictionary<LayerSlice, SourceModel[]> _models = [];
    readonly List<string> _warnings = [];
    readonly SortedDictionary<string, List<string>> _optional = new(StringComparer.Ordinal);

    /// <summary>Whether the output has a head of its own: one model's head is not tied to its embedding.</summary>
    public bool HasUntiedHead { get; private set; }

    /// <summary>What was odd.</summary>
    public IEnumerable<string> Warnings =>
    [
        .. _warnings,
        .. _optional.Select(o => $"{o.Value.Count} tensor{(o.Value.Count == 1 ? "" : "s")} that models may lack, such "
            + $"as {DisplayText.Escape(o.Value[0])}, {(o.Value.Count == 1 ? "is" : "are")} not in {o.Key}; merged from "
            + "the models that have them"),
    ];

    /// <summary>The inputs of a tensor; null if only sources that the method does not read have it.</summary>
    /// <exception cref="FastMergeException">Plan: a model lacks the tensor.</exception>
    public TensorInputs? Find(OutputTensor tensor, MethodInputs wanted)
    {
        var models = Models(tensor.Slice);
        var found = wanted.All.ToDictionary(i => i, i => models[i].Find(tensor.Names[i]));
        if (wanted.All.All(i => found[i] is null && models[i].Names.StandIn(tensor.Names[i]) is null)) return null;
        foreach (var i in wanted.All)
            if (found[i] is null && models[i].Names.StandIn(tensor.Names[i]) is { } embedding)
            {
                found[i] = models[i].Find(embedding);
                HasUntiedHead = true;
                Warn($"{models[i].Text} has no {DisplayText.Escape(tensor.Names[i])}; its "
                    + $"{DisplayText.Escape(embedding)} stands in for it");
            }
        if (tensor is { HasVocabularyRows: true, Traits.Role: TensorRole.Head })
            HasUntiedHead |= wanted.All.Any(i => found[i] is not null && !models[i].IsTied);
        var missing = wanted.All.Where(i => found[i] is null).ToArray();
        if (missing.Length > 0 && !tensor.IsOptional) throw Missing(tensor, models, wanted.All, missing);
        if (missing.Length > 0)
        {
            var key = string.Join(", ", missing.Select(i => models[i].Text).Distinct());
            if (!_optional.TryGetValue(key, out var names)) _optional[key] = names = [];
            names.Add(tensor.Traits.Name);
        }
        int[] sources = [.. wanted.Models.Where(i => found[i] is not null)];
        return new(
            wanted.Base is { } b && found[b] is { } @base ? new FoundInput(@base, models[b]) : null,
            sources, [.. sources.Select(i => new FoundInput(found[i]!, models[i]))]);
    }

    /// <summary>A tensor of which the method that it goes by reads no source: the first source that has it and that
    /// another method reads, or null.</summary>
    /// <exception cref="FastMergeException">Plan: models may not lack the tensor.</exception>
    public FoundInput? Elsewhere(OutputTensor tensor, Func<int, bool> isRead)
    {
        var models = Models(tensor.Slice);
        int[] read = [.. Enumerable.Range(0, models.Length).Where(isRead)];
        var owners = read.Where(i => models[i].Find(tensor.Names[i]) is not null).ToArray();
        if (owners.Length == 0) return null;
        if (!tensor.IsOptional) throw Missing(tensor, models, read, [.. read.Except(owners)]);
        return new(models[owners[0]].Find(tensor.Names[owners[0]])!, models[owners[0]]);
    }

    /// <summary>The tensor in one source of its slice, or null.</summary>
    public TensorSource? Stored(OutputTensor tensor, int source) =>
        Models(tensor.Slice)[source].Find(tensor.Names[source]);

    SourceModel[] Models(LayerSlice slice)
    {
        if (!_models.TryGetValue(slice, out var models)) _models[slice] = models = [.. slice.Sources.Select(open)];
        return models;
    }

    void Warn(string text)
    {
        if (!_warnings.Contains(text)) _warnings.Add(text);
    }

    static FastMergeException Missing(OutputTensor tensor, SourceModel[] models, int[] wanted, int[] missing)
    {
        var owner = wanted.First(i => !missing.Contains(i));
        int[] counts = [.. wanted.Select(i => models[i].TensorCount)];
        var lacking = missing.Select(i => tensor.Names[i] == tensor.Names[owner] ? models[i].Text
            : $"{models[i].Text} as {DisplayText.Escape(tensor.Names[i])}").Distinct();
        return new(FailureKind.Plan,
            $"tensor {DisplayText.Escape(tensor.Names[owner])} of {models[owner].Text} is missing in "
            + string.Join(", ", lacking)
            + (counts.Max() - counts.Min() > 1 ? $" (the inputs have {string.Join(", ", counts)} tensors)" : "")
            + "; every input must have every tensor");
    }
}
