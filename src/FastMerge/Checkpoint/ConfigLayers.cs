using System.Globalization;
using System.Text.Json.Nodes;
using FastMerge.Core;
using FastMerge.Names;

namespace FastMerge.Checkpoint;

/// <summary>
/// Fits config.json to a new stack of layers: their number, lists with an entry for each layer, lists of layer
/// numbers, and numbers that say which layers differ.
/// </summary>
sealed class ConfigLayers
{
    readonly ConfigEditor _editor;
    readonly IReadOnlyList<(JsonObject? Config, int Layer)> _layers;
    readonly string[] _path;
    readonly JsonObject _section;
    readonly List<string> _warnings = [];

    ConfigLayers(ConfigEditor editor, JsonObject config, string section,
        IReadOnlyList<(JsonObject? Config, int Layer)> layers)
    {
        (_editor, _layers) = (editor, layers);
        _path = section == "" ? [] : [section];
        _section = section == "" ? config : (JsonObject)config[section]!;
    }

    /// <summary>Edits every key that speaks of the layers of a module.</summary>
    /// <param name="editor">The configuration.</param>
    /// <param name="module">The module, as recipes call it; empty if it is the only one.</param>
    /// <param name="layers">For each new layer, the configuration of the model it comes from and its number
    /// there.</param>
    /// <returns>What could not be said in the new configuration.</returns>
    public static IReadOnlyList<string> Restack(
        ConfigEditor editor, string module, IReadOnlyList<(JsonObject? Config, int Layer)> layers)
    {
        var config = editor.Current();
        var family = FamilyCatalog.OfConfig(config);
        var names = family?.Modules.FirstOrDefault(m => m.Name == module) ?? family?.Modules[0] ?? Unknown(module);
        string[] candidates = names.Section switch
        {
            "" => family is null ? ["", "text_config", "llm_config", "language_config"] : [""],
            "text_config" => ["text_config", ""],
            var section => [section],
        };
        var present = candidates.Where(c => At(config, c) is not null).ToArray();
        var places = present.Where(c => names.CountKeys.Any(k => NumberAt(At(config, c), k) is not null)).ToArray();
        if (places.Length == 0) places = [.. present.Take(1)];
        if (places.Length == 0) return [$"config.json has no {names.Section}; {module} has {layers.Count} layers now"];
        var warnings = new List<string>();
        var hasCount = false;
        foreach (var place in places)
        {
            var edit = new ConfigLayers(editor, config, place, layers);
            hasCount |= edit.SetCounts(names, family);
            edit.SetKeys(names.LayerKeys.Concat(LayerKeys.All).DistinctBy(k => k.Key));
            edit.FindUnknownLists(names);
            warnings.AddRange(edit._warnings);
        }
        if (!hasCount && family is not null && names.CountKeys.Length > 0)
            editor.Set([.. places[0] == "" ? [] : new[] { places[0] }, names.CountKeys[0]], Text(layers.Count));
        else if (!hasCount) warnings.Add($"config.json names no number of layers; the model has {layers.Count} now");
        return warnings;
    }

    /// <summary>The keys of a module of no known family.</summary>
    static ModuleNames Unknown(string module) => new(module)
    {
        Section = module.Contains("vis", StringComparison.OrdinalIgnoreCase) ? "vision_config"
            : module.Contains("audio", StringComparison.OrdinalIgnoreCase) ? "audio_config" : "",
        CountKeys = module switch
        {
            "encoder" => ["encoder_layers", "num_encoder_layers", "num_hidden_layers", "num_layers"],
            "decoder" => ["decoder_layers", "num_decoder_layers"],
            _ => ["num_hidden_layers", "n_layer", "n_layers", "num_layers", "depth"],
        },
    };

    bool SetCounts(ModuleNames names, ModelFamily? family)
    {
        var old = names.CountKeys.Select(k => NumberAt(_section, k)).FirstOrDefault(n => n is not null);
        if (old is null) return false;
        if (old != _layers.Count)
            // A count that is absent is that of another module, as it was.
            foreach (var other in family?.Modules.Where(m => m.Name != names.Name && m.Section == names.Section) ?? [])
                if (other.CountKeys.Length > 0 && other.CountKeys.All(k => NumberAt(_section, k) is null))
                    _editor.Set([.. _path, other.CountKeys[0]], Text(old.Value));
        foreach (var key in names.CountKeys)
            if (NumberAt(_section, key) is { } number && number != _layers.Count)
                _editor.Set([.. _path, key], Text(_layers.Count));
        return true;
    }

    void SetKeys(IEnumerable<LayerKey> keys)
    {
        foreach (var key in keys)
            if (_section[key.Key] is JsonArray list)
                SetList(key, list);
            else if ((NumberAt(_section, key.Key) ?? key.Default) is { } number
                && key.Kind is not (LayerKeyKind.Each or LayerKeyKind.Numbers))
                SetRule(key, number);
    }

    void SetList(LayerKey key, JsonArray old)
    {
        var items = key.Kind == LayerKeyKind.Numbers ? Numbers(key.Key, old) : Entries(key.Key, old);
        if (items is null)
            _warnings.Add($"config.json: {Name(key.Key)} has no entry for some of the new layers; it is left as it is");
        else if (!items.SequenceEqual(old.Select(Json)))
            _editor.SetList([.. _path, key.Key], items);
    }

    List<string>? Entries(string key, JsonArray old)
    {
        var items = new List<string>();
        foreach (var (config, layer) in _layers)
        {
            var list = SectionOf(config)?[key] as JsonArray ?? old;
            if (layer >= list.Count) return null;
            items.Add(Json(list[layer]));
        }
        return items;
    }

    List<string> Numbers(string key, JsonArray old) =>
    [
        .. Enumerable.Range(0, _layers.Count).Where(i =>
        {
            var list = SectionOf(_layers[i].Config)?[key] as JsonArray ?? old;
            return list.Any(n => ConfigText.Number(n) == _layers[i].Layer);
        }).Select(Text),
    ];

    void SetRule(LayerKey key, int old)
    {
        var marked = _layers.Select(l => LayerRule.Marks(
            key.Kind, NumberAt(SectionOf(l.Config), key.Key) ?? old, l.Layer)).ToArray();
        // A key that is absent may be one that the model's code does not read.
        var solved = LayerRule.Solve(key.Kind, old, marked);
        if (solved is { } number && (number == old || _section.ContainsKey(key.Key)))
        {
            if (number != old) _editor.Set([.. _path, key.Key], Text(number));
        }
        else if (key.OverruledBy is null || _section[key.OverruledBy] is not JsonArray)
        {
            var layers = Enumerable.Range(0, marked.Length).Where(i => marked[i]).Select(Text);
            _warnings.Add($"config.json: no {Name(key.Key)} describes the new layers, of which "
                + $"{string.Join(", ", layers)} should differ from the others; it is left at {Text(old)}");
        }
    }

    /// <summary>Lists that no family knows but that have just one entry for each old layer.</summary>
    void FindUnknownLists(ModuleNames names)
    {
        var old = names.CountKeys.Select(k => NumberAt(_section, k)).FirstOrDefault(n => n is not null);
        if (old is null or < 2 || old == _layers.Count) return;
        foreach (var (key, value) in _section)
            if (value is JsonArray list && list.Count == old && !IsKnown(key, names))
                _warnings.Add($"config.json: {Name(key)} has an entry for each of the {Text(old.Value)} old layers; "
                    + "its meaning is not known and it is left as it is");
    }

    static bool IsKnown(string key, ModuleNames names) =>
        names.LayerKeys.Any(k => k.Key == key) || LayerKeys.All.Any(k => k.Key == key);

    JsonObject? SectionOf(JsonObject? config) =>
        _path.Length == 0 ? config : config?[_path[0]] as JsonObject ?? config;

    string Name(string key) => DisplayText.Escape(string.Join('.', [.. _path, key]));

    static JsonObject? At(JsonObject config, string section) =>
        section == "" ? config : config[section] as JsonObject;

    static int? NumberAt(JsonObject? section, string key) => ConfigText.Number(section?[key]);

    static string Json(JsonNode? node) => node?.ToJsonString() ?? "null";

    static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
