using FastMerge.Core;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace FastMerge.Recipe;

/// <summary>
/// Builds nodes from YAML events. Nothing is instantiated or executed; depth, number of values and
/// aliases are bounded, so that hostile text costs little and never the stack.
/// </summary>
sealed class YamlTreeReader
{
    const int MaxDepth = 32;
    const int MaxValues = 50_000;

    static readonly string[] KnownTags =
        [.. new[] { "str", "int", "float", "bool", "null", "map", "seq" }.Select(t => "tag:yaml.org,2002:" + t)];

    readonly string _fileName;
    readonly IParser _parser;
    readonly Dictionary<AnchorName, YamlNode?> _anchors = [];
    int _values;

    YamlTreeReader(string text, string fileName) =>
        (_fileName, _parser) = (fileName, new Parser(new StringReader(text)));

    /// <summary>The documents of a text that hold something.</summary>
    /// <exception cref="FastMergeException">Recipe: not YAML, or beyond the limits.</exception>
    public static IReadOnlyList<YamlNode> Read(string text, string fileName)
    {
        try
        {
            return new YamlTreeReader(text, fileName).ReadStream();
        }
        catch (YamlException e)
        {
            var span = new SourceSpan(fileName, (int)e.Start.Line, (int)e.Start.Column);
            throw RecipeError.At(span, $"not valid YAML: {DisplayText.Escape(e.Message)}");
        }
    }

    List<YamlNode> ReadStream()
    {
        var roots = new List<YamlNode>();
        Next();
        for (Next(); _parser.Current is not StreamEnd; Next())
        {
            Next();
            _anchors.Clear();
            if (ReadNode(1) is not YamlScalar { IsNull: true } and var root) roots.Add(root);
            Next();
        }
        return roots;
    }

    void Next()
    {
        try
        {
            _parser.MoveNext();
        }
        catch (Exception e) when (e is not YamlException)
        {
            // The parser's own slips on malformed text, such as an invalid state, are faults of the text.
            throw RecipeError.At(Span, "not valid YAML after this place");
        }
    }

    SourceSpan Span => _parser.Current is { } current
        ? new(_fileName, (int)current.Start.Line, (int)current.Start.Column) : new(_fileName, 1, 1);

    /// <summary>Reads the node that the parser stands on; leaves the parser on the node's last event.</summary>
    YamlNode ReadNode(int depth)
    {
        var span = Span;
        if (depth > MaxDepth) throw RecipeError.At(span, $"nested more than {MaxDepth} levels deep");
        Count(1, span);
        if (_parser.Current is AnchorAlias alias) return Resolve(alias, depth, span);
        if (_parser.Current is not NodeEvent start) throw RecipeError.At(span, "not valid YAML: a value is missing");
        CheckTag(start.Tag, span);
        if (!start.Anchor.IsEmpty) _anchors[start.Anchor] = null;
        YamlNode node = start switch
        {
            Scalar scalar => new YamlScalar(scalar.Value, scalar.Style == ScalarStyle.Plain, span),
            SequenceStart => ReadList(depth, span),
            _ => ReadMap(depth, span),
        };
        if (!start.Anchor.IsEmpty) _anchors[start.Anchor] = node;
        return node;
    }

    YamlList ReadList(int depth, SourceSpan span)
    {
        var items = new List<YamlNode>();
        for (Next(); _parser.Current is not SequenceEnd; Next()) items.Add(ReadNode(depth + 1));
        return new(items, span);
    }

    YamlMap ReadMap(int depth, SourceSpan span)
    {
        var entries = new List<(YamlScalar Key, YamlNode Value)>();
        var places = new Dictionary<string, SourceSpan>();
        var merged = new List<YamlNode>();
        for (Next(); _parser.Current is not MappingEnd; Next())
        {
            if (ReadNode(depth + 1) is not YamlScalar key)
                throw RecipeError.At(Span, "a key must be a word; found a list or a mapping");
            if (!places.TryAdd(key.Text, key.Span))
                throw RecipeError.At(key.Span,
                    $"key {RecipeError.Quote(key.Text)} is written twice, first at line {places[key.Text].Line}");
            Next();
            var value = ReadNode(depth + 1);
            if (key is { Plain: true, Text: "<<" }) merged.Add(value);
            else entries.Add((key, value));
        }
        foreach (var source in merged.SelectMany(Sources))
            entries.AddRange(source.Entries.Where(e => places.TryAdd(e.Key.Text, e.Key.Span)));
        return new(entries, span);
    }

    /// <summary>The mappings that a merge key (<c>&lt;&lt;: *anchor</c>) brings in.</summary>
    static IEnumerable<YamlMap> Sources(YamlNode value) => value switch
    {
        YamlMap map => [map],
        YamlList list => list.Items.SelectMany(Sources),
        _ => throw RecipeError.At(value.Span, "'<<' takes a mapping or a list of mappings"),
    };

    YamlNode Resolve(AnchorAlias alias, int depth, SourceSpan span)
    {
        var name = RecipeError.Quote("*" + alias.Value);
        if (!_anchors.TryGetValue(alias.Value, out var node)) throw RecipeError.At(span, $"alias {name} has no anchor");
        if (node is null) throw RecipeError.At(span, $"alias {name} contains itself");
        Count(node.Size, span);
        if (depth + node.Height - 1 > MaxDepth) throw RecipeError.At(span, $"nested more than {MaxDepth} levels deep");
        return node;
    }

    void Count(int values, SourceSpan span)
    {
        _values += values;
        if (_values > MaxValues) throw RecipeError.At(span, $"more than {MaxValues} values, aliases written out");
    }

    static void CheckTag(TagName tag, SourceSpan span)
    {
        if (tag.IsEmpty || tag.IsNonSpecific) return;
        if (!KnownTags.Contains(tag.Value))
            throw RecipeError.At(span, $"tag {RecipeError.Quote(tag.Value)} is not supported; remove it");
    }
}
