namespace FastMerge.Names;

/// <summary>
/// The stacks of layers of a model of no known family. Each name's first number after a word such as
/// <c>layers</c> is its layer; if no name has one, its first number is. Names before the stack word tell stacks
/// apart, and each stack is a module.
/// </summary>
sealed class NameStacks
{
    readonly bool _byWord;
    readonly string _main;

    // The text before the stack word, with its dot, and the module it makes.
    readonly Dictionary<string, string> _modules = new(StringComparer.Ordinal);

    NameStacks(IReadOnlyCollection<string> names)
    {
        _byWord = names.Any(n => GeneralNames.LayerIndex(n.Split('.'), GeneralNames.LayerWords.AsSpan()) > 0);
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var name in names)
        {
            var words = name.Split('.');
            if (Find(words) is > 0 and var at)
            {
                var prefix = Prefix(words, at);
                counts[prefix] = counts.GetValueOrDefault(prefix) + 1;
            }
        }
        var prefixes = counts.Keys.Order(StringComparer.Ordinal).ToArray();
        foreach (var (prefix, module) in prefixes.Zip(Shortened(prefixes))) _modules[prefix] = module;
        _main = prefixes.OrderByDescending(p => counts[p]).Select(p => _modules[p]).FirstOrDefault("");
        Modules = prefixes.Length < 2 ? [""] : [_main, .. _modules.Values.Where(m => m != _main)];
    }

    /// <summary>The modules, the one with the most tensors first.</summary>
    public IReadOnlyList<string> Modules { get; }

    /// <summary>How many stacks there are.</summary>
    public int Count => _modules.Count;

    /// <summary>Finds the stacks.</summary>
    public static NameStacks Of(IReadOnlyCollection<string> names) => new(names);

    /// <summary>The module of a name, and which of its words is the layer number; -1 if none is.</summary>
    public (string Module, int LayerWord) Place(string name, string[] words)
    {
        var at = Find(words);
        if (at > 0 && _modules.TryGetValue(Prefix(words, at), out var module)) return (module, at);
        if (_modules.Count < 2) return ("", at);
        var longest = _modules.Where(m => m.Key.Length > 0 && name.StartsWith(m.Key, StringComparison.Ordinal))
            .OrderByDescending(m => m.Key.Length).Select(m => m.Value).FirstOrDefault();
        longest ??= _modules.Values.FirstOrDefault(m => words.Contains(m));
        return (longest ?? _main, -1);
    }

    int Find(string[] words) => _byWord
        ? GeneralNames.LayerIndex(words, GeneralNames.LayerWords.AsSpan())
        : GeneralNames.FirstNumber(words);

    static string Prefix(string[] words, int at) => string.Concat(words.Take(at - 1).Select(w => w + "."));

    /// <summary>The prefixes without what all begin with: their first word if that is enough, else all of it.</summary>
    static string[] Shortened(string[] prefixes)
    {
        if (prefixes.Length < 2) return [.. prefixes.Select(_ => "")];
        var words = prefixes.Select(p => p.TrimEnd('.').Split('.')).ToArray();
        var common = 0;
        while (words.All(w => common < w.Length - 1 && w[common] == words[0][common])) common++;
        var first = words.Select(w => w[common]).ToArray();
        return first.Distinct().Count() == first.Length ? first
            : [.. words.Select(w => string.Join('.', w.Skip(common)))];
    }
}
