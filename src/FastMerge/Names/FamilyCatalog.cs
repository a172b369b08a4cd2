using System.Text.Json.Nodes;

namespace FastMerge.Names;

/// <summary>The families in <c>Families/</c>; the build lists them.</summary>
static partial class FamilyCatalog
{
    static readonly Dictionary<string, ModelFamily> ByModelType = Index(f => f.ModelTypes);
    static readonly Dictionary<string, ModelFamily> ByArchitecture = Index(f => f.Architectures);

    /// <summary>Every family, in order of name.</summary>
    public static IReadOnlyList<ModelFamily> All { get; } =
        [.. CreateAll().OrderBy(f => f.Name, StringComparer.Ordinal)];

    /// <summary>
    /// The family of a model: by class, then model type of its configuration, else the one with most marks among its
    /// names. Names show only families with as many stacks of layers as the names have.
    /// </summary>
    public static ModelFamily? Recognize(JsonObject? config, IReadOnlyCollection<string> names)
    {
        if (OfConfig(config) is { } known) return known;
        var ends = Ends(names);
        var found = All.Where(f => f.Marks.Length > 0 && f.Marks.All(ends.Contains))
            .OrderByDescending(f => f.Marks.Length).FirstOrDefault();
        return found is not null && NameStacks.Of(names).Count <= found.Modules.Length ? found : null;
    }

    /// <summary>The family that a configuration names.</summary>
    public static ModelFamily? OfConfig(JsonObject? config)
    {
        var classes = config?["architectures"] is JsonArray { Count: > 0 } list ? list : [];
        foreach (var entry in classes)
            if (entry is JsonValue value && value.TryGetValue<string>(out var name)
                && ByArchitecture.TryGetValue(name, out var family)) return family;
        return ConfigText.Text(config, "model_type") is { } type ? ByModelType.GetValueOrDefault(type) : null;
    }

    /// <summary>What marks are looked up in: ends of names of the first layer or no layer, and what follows a layer
    /// number.</summary>
    static HashSet<string> Ends(IEnumerable<string> names)
    {
        var ends = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in names)
        {
            var words = name.Split('.');
            var at = GeneralNames.LayerIndex(words, GeneralNames.LayerWords.AsSpan());
            if (GeneralNames.Expert(words).Number is > 0) continue;
            if (at > 0) ends.Add(string.Join('.', words.Skip(at + 1)));
            if (at > 0 && words[at] != "0") continue;
            for (var i = 0; i < words.Length; i++) ends.Add(string.Join('.', words.Skip(i)));
        }
        return ends;
    }

    static Dictionary<string, ModelFamily> Index(Func<ModelFamily, IEnumerable<string>> keys) => CreateAll()
        .SelectMany(f => keys(f).Select(key => (key, f))).ToDictionary(p => p.key, p => p.f, StringComparer.Ordinal);
}
