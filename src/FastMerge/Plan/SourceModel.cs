using System.Text.Json.Nodes;
using FastMerge.Checkpoint;
using FastMerge.Core;

namespace FastMerge.Plan;

/// <summary>A model that tensors are taken from: a checkpoint, or the result of another document of the recipe.</summary>
sealed class SourceModel
{
    readonly Func<string, TensorSource?> _find;
    readonly Lazy<ILookup<(string Module, TensorStage Stage, int? Layer), TensorName>> _places;

    SourceModel(
        string text, IReadOnlyCollection<string> tensors, JsonObject? config, Func<string, TensorSource?> find)
    {
        (Text, TensorCount, Config, _find) = (DisplayText.Escape(text), tensors.Count, config, find);
        Names = ModelNames.Of(config, tensors);
        _places = new(() => tensors.Select(t => Names[t]).ToLookup(n => (n.Module, n.Stage, n.Layer)));
        All = tensors;
    }

    /// <summary>The model of a checkpoint.</summary>
    public static SourceModel Of(InputCheckpoint checkpoint) => new(
        checkpoint.Location.Text, [.. checkpoint.Tensors.Keys], checkpoint.Config,
        name => checkpoint.Tensors.TryGetValue(name, out var tensor) ? new StoredSource(tensor) : null)
    { SideFiles = checkpoint, ConfigText = checkpoint.ConfigText };

    /// <summary>The model that another document merges.</summary>
    public static SourceModel Of(string name, PlannedMerge stage)
    {
        var tensors = stage.Tensors.ToDictionary(t => t.Output.Name, t => new StageSource(t), StringComparer.Ordinal);
        var config = stage.Config is { } text ? JsonText.ParseObject(text, $"the configuration of {name}") : null;
        return new(name, tensors.Keys, config, tensors.GetValueOrDefault)
        { SideFiles = stage.Donor, ConfigText = stage.Config };
    }

    /// <summary>The model as the recipe names it, safe to print.</summary>
    public string Text { get; }

    /// <summary>The names of its tensors.</summary>
    public IReadOnlyCollection<string> All { get; }

    /// <summary>The number of its tensors.</summary>
    public int TensorCount { get; }

    /// <summary>What its names say.</summary>
    public ModelNames Names { get; }

    /// <summary>Its configuration, if there is one.</summary>
    public JsonObject? Config { get; }

    /// <summary>The bytes of its configuration, if there is one.</summary>
    public required byte[]? ConfigText { get; init; }

    /// <summary>The checkpoint whose tokenizer and other files it has.</summary>
    public required InputCheckpoint SideFiles { get; init; }

    /// <summary>A tensor, or null.</summary>
    public TensorSource? Find(string name) => _find(name);

    /// <summary>The names of a part of the stack: a layer, or what is before or after the layers.</summary>
    public IEnumerable<TensorName> At(string module, TensorStage stage, int? layer) =>
        _places.Value[(module, stage, layer)];

    /// <summary>The names of a module, or of a whole model of one module.</summary>
    public IEnumerable<TensorName> Of(string module) =>
        _places.Value.Where(g => g.Key.Module == module).SelectMany(g => g);
}
