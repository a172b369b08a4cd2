using System.Collections.Immutable;
using FastMerge.Core;

namespace FastMerge.Recipe;

/// <summary>Turns the nodes of a document into a recipe and checks its shape.</summary>
sealed class RecipeBuilder(string fileName, string text, RecipeOptions options)
{
    /// <summary>The largest number of a layer.</summary>
    public const int MaxLayers = 1_000_000;

    static readonly (string Name, DType DType)[] DTypeNames =
    [
        ("bfloat16", DType.BF16), ("float16", DType.F16), ("float32", DType.F32), ("float64", DType.F64),
        ("float8_e4m3fn", DType.F8_E4M3), ("float8_e5m2", DType.F8_E5M2),
    ];

    readonly List<RecipeWarning> _warnings = [];

    /// <summary>The dtypes that recipes may name.</summary>
    public static IReadOnlyList<string> DTypes { get; } = [.. DTypeNames.Select(d => d.Name)];

    /// <summary>The recipe of a document's root.</summary>
    public MergeRecipe Build(YamlNode root)
    {
        var map = Map(root, "a recipe");
        CheckKeys(map, KnownKeys.Recipe, "at the top of a recipe");
        Try(() => CheckOneOf(map, "the recipe", "models", "slices", "modules"));
        if (map["tokenizer_source"] is not null)
            Try(() => CheckOneOf(map, "the recipe", "tokenizer_source", "tokenizer"));
        var chatTemplate = Try(() => Word(map, "chat_template"));
        if (chatTemplate is { } template)
            _warnings.Add(new(template.Span, "'chat_template' has no effect yet; the base's template is kept"));
        var recipe = new MergeRecipe
        {
            FileName = fileName,
            Text = text,
            Span = map.Span,
            MergeMethod = Try(() => MethodName(map)),
            Name = Try(() => Word(map, "name")),
            Base = Try(() => Reference(map["base_model"])),
            Models = Items(map, "models", Model),
            Slices = Items(map, "slices", Slice),
            Modules = map["modules"] is { } modules ? [.. options.Try(() => Modules(modules)).SelectMany(m => m)] : [],
            Rules = Items(map, "rules", Rule),
            Parameters = Parameters(map),
            DType = Try(() => DTypeOf(map, "dtype")),
            OutDType = Try(() => DTypeOf(map, "out_dtype")),
            TokenizerSource = Try(() => Word(map, "tokenizer_source")),
            Tokenizer = map["tokenizer"] is { } tokenizer ? Try(() => Tokenizer(tokenizer)) : null,
            ChatTemplate = chatTemplate,
        };
        return recipe with { Warnings = [.. _warnings] };
    }

    ModelEntry Model(YamlNode node)
    {
        var map = Map(node, "an entry of 'models'");
        CheckKeys(map, KnownKeys.Model, "in an entry of 'models'");
        return new(RequiredModel(map), Parameters(map), map.Span);
    }

    ModelReference RequiredModel(YamlMap map) =>
        Reference(map["model"]) ?? throw RecipeError.At(map.Span, "'model' is missing; accepted: a path or a hub id");

    OutputSlice Slice(YamlNode node)
    {
        var map = Map(node, "an entry of 'slices'");
        CheckKeys(map, KnownKeys.Slice, "in an entry of 'slices'");
        CheckOneOf(map, "an entry of 'slices'", "sources");
        return new(Items(map, "sources", Source), Reference(map["base_model"]), Parameters(map), map.Span);
    }

    SliceSource Source(YamlNode node)
    {
        var map = Map(node, "an entry of 'sources'");
        CheckKeys(map, KnownKeys.Source, "in an entry of 'sources'");
        var range = map["layer_range"]
            ?? throw RecipeError.At(map.Span, "'layer_range' is missing; accepted: [first, last + 1]");
        if (range is not YamlList { Items: [YamlScalar first, YamlScalar end] })
            throw RecipeError.At(range.Span, $"'layer_range' is {range.Kind}"
                + (range is YamlList { Items.Count: > 0 and var count } ? $" of {count}" : "")
                + "; accepted: [first, last + 1]");
        var (from, to) = (Layer(first), Layer(end));
        if (from > to) throw RecipeError.At(range.Span, $"'layer_range' runs backwards from {from} to {to}");
        return new(RequiredModel(map), from, to, Parameters(map), map.Span) { RangeSpan = range.Span };
    }

    static int Layer(YamlScalar node)
    {
        var value = new ResolvedValue("layer_range", node.Text, node.Plain, node.Span);
        return YamlNumeral.TryParse(node.Text, node.Plain, out var number) && number is >= 0 and <= MaxLayers
            && number == Math.Floor(number) ? (int)number : throw value.NotA($"a whole number from 0 to {MaxLayers}");
    }

    ImmutableArray<ModuleEntry> Modules(YamlNode node) =>
        [.. Map(node, "'modules'").Entries.SelectMany(e => options.Try(() => Module(e.Key, e.Value)))];

    ModuleEntry Module(YamlScalar name, YamlNode node)
    {
        var map = Map(node, "an entry of 'modules'");
        CheckKeys(map, KnownKeys.Module, "in an entry of 'modules'");
        CheckOneOf(map, "an entry of 'modules'", "models", "slices");
        return new(name.Text, Items(map, "models", Model), Items(map, "slices", Slice), Parameters(map), name.Span);
    }

    YamlMap Tokenizer(YamlNode node)
    {
        var map = Map(node, "'tokenizer'");
        CheckKeys(map, KnownKeys.Tokenizer, "in 'tokenizer'");
        return map;
    }

    RuleEntry Rule(YamlNode node)
    {
        var map = Map(node, "an entry of 'rules'");
        CheckKeys(map, KnownKeys.Rule, "in an entry of 'rules'");
        var tensors = map["tensors"] ?? throw RecipeError.At(map.Span,
            $"'tensors' is missing; accepted: a part of a tensor's name, or {string.Join(", ", KnownKeys.Selector)}");
        return new(SelectorReader.Read("tensors", tensors, CheckKeys), MethodName(map), Parameters(map), map.Span);
    }

    static Spanned<string> MethodName(YamlMap map) => Word(map, "merge_method")
        ?? throw RecipeError.At(map.Span, "'merge_method' is missing; accepted: the name of a method");

    ModelReference? Reference(YamlNode? node)
    {
        switch (node)
        {
            case null: return null;
            case YamlScalar scalar: return ModelReference.Parse(scalar.Text, scalar.Span, options);
        }
        var map = Map(node, "a model");
        CheckKeys(map, KnownKeys.Reference, "in a model");
        var model = map["model"]
            ?? throw RecipeError.At(map.Span, "'model' is missing; accepted: {model: {path: ...}}");
        var lora = map["lora"] is { } adapter ? PathOf(adapter) : null;
        return new(PathOf(model), lora, Word(map, "override_architecture")?.Value) { Span = model.Span };
    }

    ModelAddress PathOf(YamlNode node)
    {
        if (node is YamlScalar { Text: var text })
            return ModelReference.Parse(text, node.Span, options) is { Lora: null } plain
                ? plain.Model : throw RecipeError.At(node.Span, "an adapter belongs under 'lora'");
        var map = Map(node, "a path");
        CheckKeys(map, KnownKeys.Path, "in a path");
        var path = Word(map, "path") ?? throw RecipeError.At(map.Span, "'path' is missing");
        return ModelReference.Local(path.Value) with { Revision = Word(map, "revision")?.Value };
    }

    ParameterSet Parameters(YamlMap map)
    {
        if (map["parameters"] is not { } node) return ParameterSet.Empty;
        return new([.. options.Try(() => Map(node, "'parameters'")).SelectMany(m => m.Entries).SelectMany(e =>
            options.Try(() => new ParameterEntry(
                e.Key.Text, e.Key.Span, ParameterReader.Read(e.Key.Text, e.Value, CheckKeys))))]);
    }

    static Spanned<DType>? DTypeOf(YamlMap map, string key)
    {
        if (Word(map, key) is not { } word) return null;
        foreach (var (name, dtype) in DTypeNames)
            if (word.Value == name || word.Value == "torch." + name) return new(dtype, word.Span);
        throw RecipeError.At(word.Span, $"'{key}' is {RecipeError.Quote(word.Value)}"
            + RecipeError.Nearest(word.Value, DTypes) + $"; accepted: {string.Join(", ", DTypes)}");
    }

    static Spanned<string>? Word(YamlMap map, string key) =>
        map[key] is { } node ? new(Word(node, $"'{key}'"), node.Span) : null;

    static string Word(YamlNode node, string what) => node is YamlScalar { Text: { Length: > 0 } word } ? word
        : throw RecipeError.At(node.Span, $"{what} is {node.Kind}; accepted: a word");

    static YamlMap Map(YamlNode node, string what) => node as YamlMap
        ?? throw RecipeError.At(node.Span, $"{what} must be a mapping; found {node.Kind}");

    ImmutableArray<T> Items<T>(YamlMap map, string key, Func<YamlNode, T> read) =>
        [.. options.Try(() => ItemsOf(map, key, read)).SelectMany(i => i)];

    ImmutableArray<T> ItemsOf<T>(YamlMap map, string key, Func<YamlNode, T> read) => map[key] switch
    {
        null => [],
        YamlList { Items.Count: 0 } list => throw RecipeError.At(list.Span, $"'{key}' is empty"),
        YamlList list => [.. list.Items.SelectMany(i => options.Try(() => read(i)))],
        { } other => throw RecipeError.At(other.Span, $"'{key}' must be a list; found {other.Kind}"),
    };

    T? Try<T>(Func<T> read) => options.Try(read).FirstOrDefault();

    /// <summary>The one key of several that is given.</summary>
    static string CheckOneOf(YamlMap map, string what, params string[] keys)
    {
        var given = map.Entries.Where(e => keys.Contains(e.Key.Text) && map[e.Key.Text] is not null).ToArray();
        if (given.Length == 0)
            throw RecipeError.At(map.Span, $"{what} lists nothing to merge; accepted: {string.Join(" or ", keys)}");
        if (given.Length > 1)
            throw RecipeError.At(given[1].Key.Span,
                $"'{given[1].Key.Text}' and '{given[0].Key.Text}' exclude each other");
        return given[0].Key.Text;
    }

    void CheckKeys(YamlMap map, string[] accepted, string where)
    {
        foreach (var (key, _) in map.Entries.Where(e => !accepted.Contains(e.Key.Text)))
        {
            if (KeyCheck.Slip(key.Text, accepted) is { } near && map[near] is null)
                options.Report(RecipeError.At(key.Span, $"key '{key.Text}' has no effect {where}, nearest is "
                    + $"'{near}'; accepted: {string.Join(", ", accepted)}"));
            else _warnings.Add(KeyCheck.UnknownKey(key.Text, key.Span, where, accepted, options));
        }
    }
}
