using System.Text.Json.Nodes;
using FastMerge.Checkpoint;
using FastMerge.Checkpoint.Adapters;
using FastMerge.Core;
using FastMerge.Names;

namespace FastMerge.Plan;

/// <summary>A model that tensors are taken from: a checkpoint, or what another document merges.</summary>
sealed class SourceModel
{
    readonly Func<string, TensorSource?> _find;
    readonly ILookup<(string Module, TensorStage Stage, int? Layer), TensorName> _places;

    SourceModel(string text, IEnumerable<string> tensors, JsonObject? config, Func<string, TensorSource?> find)
    {
        string[] all = [.. tensors];
        (Text, TensorNames, Config, _find) = (DisplayText.Escape(text), all, config, find);
        Names = ModelNames.Of(config, all);
        _places = all.Select(t => Names[t]).ToLookup(n => (n.Module, n.Stage, n.Layer));
    }

    /// <summary>The model of a checkpoint.</summary>
    public static SourceModel Of(InputCheckpoint checkpoint) => new(
        checkpoint.Location.Text, checkpoint.Tensors.Keys, checkpoint.Config,
        name => checkpoint.Tensors.TryGetValue(name, out var tensor) ? new StoredSource(tensor) : null)
    { SideFiles = checkpoint, ConfigText = checkpoint.ConfigText };

    /// <summary>The model that another document merges.</summary>
    public static SourceModel Of(string name, PlannedMerge stage)
    {
        var tensors = stage.Tensors.ToDictionary(t => t.Output.Name, StringComparer.Ordinal);
        var config = stage.Config is { } text ? JsonText.ParseObject(text, $"configuration of {name}") : null;
        return new(name, tensors.Keys, config,
            tensor => tensors.TryGetValue(tensor, out var planned) ? new StageSource(planned) : null)
        { SideFiles = stage.Donor, ConfigText = stage.Config };
    }

    /// <summary>A model with an adapter.</summary>
    /// <exception cref="FastMergeException">Input, Plan: the adapter does not belong to the model.</exception>
    public static SourceModel Of(string text, SourceModel inner, LoraAdapter adapter)
    {
        var changed = AdapterMatch.Of(adapter, inner).Changed;
        var added = changed.Keys.Where(n => inner.Find(n) is null).ToArray();
        return new(text, inner.TensorNames.Concat(added), inner.Config,
            name => changed.GetValueOrDefault(name) ?? inner.Find(name))
        { SideFiles = inner.SideFiles, ConfigText = inner.ConfigText, HasOwnHead = added.Length > 0 };
    }

    /// <summary>The model as the recipe names it, safe to print.</summary>
    public string Text { get; }

    /// <summary>The names of its tensors.</summary>
    public IReadOnlyList<string> TensorNames { get; }

    /// <summary>The number of its tensors.</summary>
    public int TensorCount => TensorNames.Count;

    /// <summary>What its names say.</summary>
    public ModelNames Names { get; }

    /// <summary>Its configuration, if there is one.</summary>
    public JsonObject? Config { get; }

    /// <summary>The bytes of its configuration, if there is one.</summary>
    public required byte[]? ConfigText { get; init; }

    /// <summary>Whether an adapter gives it a head that its configuration says is its embedding.</summary>
    bool HasOwnHead { get; init; }

    /// <summary>Whether its head is its embedding.</summary>
    public bool IsTied => SaysTied && !HasOwnHead;

    /// <summary>Whether its configuration says that its head is its embedding.</summary>
    public bool SaysTied => (Config?[OutputConfig.Tied]
        ?? (Config?["text_config"] as JsonObject)?[OutputConfig.Tied])?.ToJsonString() == "true";

    /// <summary>The checkpoint whose tokenizer and other files it has.</summary>
    public required InputCheckpoint SideFiles { get; init; }

    /// <summary>A tensor, or null.</summary>
    public TensorSource? Find(string name) => _find(name);

    /// <summary>The names of a layer of a module, or of what is before or after its layers.</summary>
    public IEnumerable<TensorName> At(string module, TensorStage stage, int? layer) =>
        _places[(module, stage, layer)];

    /// <summary>The names of a module.</summary>
    public IEnumerable<TensorName> In(string module) =>
        _places.Where(g => g.Key.Module == module).SelectMany(g => g);
}
