using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using FastMerge.Core;

namespace FastMerge.Names;

/// <summary>
/// Which part of a model each tensor is, from names and configuration: family data first, general rules for the
/// rest. Any name has an answer.
/// </summary>
sealed class ModelNames
{
    const string TiedKey = "tie_word_embeddings";

    readonly ModelFamily _family;
    readonly NameStacks? _stacks;
    readonly bool _isTied;
    readonly Dictionary<string, TensorName> _names = new(StringComparer.Ordinal);
    readonly Dictionary<string, int> _layers = new(StringComparer.Ordinal);

    // Names that differ in layer and expert alone mean the same.
    readonly ConcurrentDictionary<(string Template, bool IsExtra), Meaning> _meanings = new();
    readonly int _firstExtraLayer = int.MaxValue;

    ModelNames(JsonObject? config, IReadOnlyCollection<string> names)
    {
        var family = FamilyCatalog.Recognize(config, names);
        (Family, _family) = (family?.Name, family ?? new ModelFamily(""));
        _stacks = family is null ? NameStacks.Of(names) : null;
        Modules = _stacks?.Modules ?? Present(names);
        _isTied = ConfigText.Flag(config, TiedKey)
            ?? ConfigText.Flag(config?["text_config"] as JsonObject, TiedKey) ?? false;
        foreach (var name in names)
            if (name.EndsWith("." + _family.ExtraLayerMark, StringComparison.Ordinal) && Read(name).Layer is { } extra)
                _firstExtraLayer = Math.Min(_firstExtraLayer, extra);
        foreach (var name in names)
        {
            var read = _names[name] = Read(name);
            if (read.Layer is not { } layer || layer >= _firstExtraLayer) continue;
            _layers[read.Module] = Math.Max(_layers.GetValueOrDefault(read.Module), layer + 1);
        }
    }

    /// <summary>Reads the names of a model.</summary>
    /// <param name="config">Its config.json, if it has one.</param>
    /// <param name="names">Its tensors.</param>
    public static ModelNames Of(JsonObject? config, IEnumerable<string> names) =>
        new(config, names as IReadOnlyCollection<string> ?? [.. names]);

    /// <summary>The family; null if it is not known.</summary>
    public string? Family { get; }

    /// <summary>The parts of the model; one with an empty name if there is only one.</summary>
    public IReadOnlyList<string> Modules { get; }

    /// <summary>What a name says; it need not be one of the model's.</summary>
    public TensorName this[string name] => _names.TryGetValue(name, out var found) ? found : Read(name);

    /// <summary>The number of layers of a module, without layers that predict further tokens.</summary>
    public int LayerCount(string module) => _layers.GetValueOrDefault(module);

    /// <summary>The embedding of this model that stands in for a tensor tied to it; null if none can.</summary>
    public string? StandIn(string name)
    {
        var read = this[name];
        if (!read.HasVocabularyRows || !name.EndsWith(".weight", StringComparison.Ordinal)) return null;
        if (_family.TiedTo is { } tied && _names.ContainsKey(tied)) return tied == name ? null : tied;
        if (read.Role != TensorRole.Head || read.Layer is not null) return null;
        var found = _names.Values.Where(n => n is { HasVocabularyRows: true, Role: TensorRole.Embedding, Layer: null }
            && n.Text.EndsWith(".weight", StringComparison.Ordinal)).ToArray();
        if (found.Count(n => n.Module == read.Module) == 1) return found.Single(n => n.Module == read.Module).Text;
        return found.Length == 1 ? found[0].Text : null;
    }

    /// <summary>The family's modules that have tensors; one of several is the whole model.</summary>
    IReadOnlyList<string> Present(IEnumerable<string> names)
    {
        if (_family.Modules.Length == 1) return [""];
        var found = names.Select(ModuleOf).Distinct().ToHashSet();
        return found.Count < 2 ? [""] : [.. _family.Modules.Where(found.Contains).Select(m => m.Name)];
    }

    TensorName Read(string name)
    {
        var words = name.Split('.');
        var (module, at) = Place(name, words);
        int? layer = at > 0 && GeneralNames.TryNumber(words[at], out var number) ? number : null;
        var isExtra = layer >= _firstExtraLayer && module == Modules[0];
        var (expert, expertAt) = GeneralNames.Expert(words);
        var start = 0;
        for (var i = 0; i < at; i++) start += words[i].Length + 1;
        var digits = layer is null ? 0..0 : start..(start + words[at].Length);
        if (layer is not null) words[at] = "#";
        if (expert is not null) words[expertAt] = "#";
        var meaning = _meanings.GetOrAdd((string.Join('.', words), isExtra),
            _ => MeaningOf(words, layer is not null, isExtra, ModuleOf(name).Layers.Length > 0));
        return new(name, module, meaning.Stage, layer, expert, meaning.Role, meaning.HasVocabularyRows,
            meaning.IsOptional) { LayerDigits = digits };
    }

    Meaning MeaningOf(string[] words, bool inLayer, bool isExtra, bool hasLayers)
    {
        var (role, hasRows) = Role(words, inLayer, isExtra, hasLayers);
        var stage = inLayer ? TensorStage.Layer
            : GeneralNames.IsAfter(words, role) ? TensorStage.After : TensorStage.Before;
        return new(stage, role, hasRows, isExtra || IsOptional(words, role, hasRows));
    }

    /// <summary>The module of a name, and which of its words is the layer number; -1 if none is.</summary>
    (string Module, int LayerWord) Place(string name, string[] words)
    {
        if (_stacks is not null) return _stacks.Place(name, words);
        var module = ModuleOf(name);
        return (Modules.Count == 1 ? "" : module.Name, GeneralNames.LayerIndex(words, module.Layers.AsSpan()));
    }

    ModuleNames ModuleOf(string name)
    {
        var (found, length) = (_family.Modules[0], -1);
        foreach (var module in _family.Modules)
            foreach (var prefix in module.Prefixes)
                if (prefix.Length > length && name.StartsWith(prefix, StringComparison.Ordinal))
                    (found, length) = (module, prefix.Length);
        return found;
    }

    (TensorRole Role, bool HasVocabularyRows) Role(string[] words, bool inLayer, bool isExtra, bool hasLayers)
    {
        if (NamePattern.EndsWithAny(words, _family.Embeddings.AsSpan())) return (TensorRole.Embedding, true);
        if (NamePattern.EndsWithAny(words, _family.Heads.AsSpan())) return (TensorRole.Head, true);
        if (NamePattern.EndsWithAny(words, _family.OtherEmbeddings.AsSpan())) return (TensorRole.Embedding, false);
        if (NamePattern.EndsWithAny(words, _family.OtherHeads.AsSpan())) return (TensorRole.Head, false);
        if (!inLayer || isExtra)
        {
            if (NamePattern.EndsWithAny(words, GeneralNames.Embeddings.AsSpan())) return (TensorRole.Embedding, true);
            if (NamePattern.EndsWithAny(words, GeneralNames.Heads.AsSpan())) return (TensorRole.Head, true);
        }
        if (!inLayer && NamePattern.EndsWithAny(words, _family.FinalNorms.AsSpan()))
            return (TensorRole.FinalNorm, false);
        if (NamePattern.EndsWithAny(words, _family.Routers.AsSpan())) return (TensorRole.Router, false);
        if (NamePattern.EndsWithAny(words, _family.SharedExperts.AsSpan())) return (TensorRole.SharedExpert, false);
        var role = GeneralNames.Role(words, inLayer);
        return (role == TensorRole.FinalNorm && !hasLayers ? TensorRole.Norm : role, false);
    }

    bool IsOptional(string[] words, TensorRole role, bool hasRows) => GeneralNames.IsOptional(words)
        || NamePattern.EndsWithAny(words, _family.Optional.AsSpan())
        || (_isTied && hasRows && role == TensorRole.Head);

    /// <summary>What a name says besides its numbers.</summary>
    readonly record struct Meaning(TensorStage Stage, TensorRole Role, bool HasVocabularyRows, bool IsOptional);
}
