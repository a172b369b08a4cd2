using System.Text;
using FastMerge.Core;

namespace FastMerge.Recipe;

/// <summary>
/// Writes recipes in one form: keys in the order of <see cref="KnownKeys"/>, two columns a level, lists of numbers in
/// brackets, quotes only where they are needed, every comment at its place.
/// </summary>
sealed class RecipeFormatter
{
    const int Width = 100;

    static readonly string[] Blocks = ["models", "slices", "sources", "modules", "rules"];

    static readonly string[][] Orders =
    [
        KnownKeys.Recipe, KnownKeys.Rule, KnownKeys.Model, KnownKeys.Source, KnownKeys.Slice, KnownKeys.Module,
        KnownKeys.Filter, KnownKeys.Selector, KnownKeys.Reference, KnownKeys.Path, KnownKeys.Tokenizer,
    ];

    readonly StringBuilder _text = new();

    /// <summary>The text of a recipe in canonical form.</summary>
    /// <exception cref="FastMergeException">Recipe: not YAML, or something in it would be lost.</exception>
    public static string Format(string text, string fileName)
    {
        var source = (text.StartsWith('\ufeff') ? text[1..] : text).ReplaceLineEndings("\n");
        var before = YamlTreeReader.Read(source, fileName);
        var documents = FormatReader.Read(source, fileName);
        var formatted = new RecipeFormatter().Write(documents);
        var after = YamlTreeReader.Read(formatted, fileName);
        var comments = FormatReader.Read(formatted, fileName);
        if (!before.SequenceEqual(after, SameMeaning.Instance)
            || !Comments(documents).Order().SequenceEqual(Comments(comments).Order()))
            throw RecipeError.At(new(fileName, 1, 1),
                "the recipe cannot be formatted without loss; it is left as it is");
        return formatted;
    }

    string Write(IReadOnlyList<FormatDocument> documents)
    {
        foreach (var document in documents)
        {
            if (_text.Length > 0) _text.Append("---\n");
            foreach (var comment in document.Header) Line(0, comment);
            if (document.HasBlankAfterHeader) _text.Append('\n');
            if (document.Root.Entries.Count == 0) Line(0, Flow(document.Root));
            else Block((FormatCollection)document.Root, 0, "");
            foreach (var comment in document.Tail) Line(0, comment);
        }
        return _text.ToString();
    }

    /// <summary>The entries of a collection, each on its own lines; <paramref name="key"/> holds it.</summary>
    void Block(FormatCollection collection, int indent, string key)
    {
        var isFirst = true;
        foreach (var entry in Ordered(collection, key))
        {
            if (!isFirst && entry.HasBlankBefore) _text.Append('\n');
            foreach (var comment in entry.Leading) Line(indent, comment);
            _text.Append(' ', indent);
            if (collection.IsMap) Value(entry, $"{ScalarText.Write(entry.Key!.Text, entry.Key.IsPlain)}:", indent);
            else Item(entry, indent, key);
            isFirst = false;
        }
    }

    void Item(FormatEntry item, int indent, string key)
    {
        if (item.Value is FormatCollection { IsMap: true, Entries.Count: > 0 } map && !IsFlow(map, indent + 2, key))
        {
            var first = Ordered(map, key)[0];
            if (first.Leading.Count > 0 || item.Trailing is not null)
            {
                _text.Length -= indent;
                foreach (var comment in new[] { item.Trailing }.OfType<string>().Concat(first.Leading))
                    Line(indent, comment);
                first.Leading.Clear();
                _text.Append(' ', indent);
            }
            var start = _text.Append("- ").Length;
            Block(map, indent + 2, key);
            _text.Remove(start, indent + 2);
        }
        else Value(item, "-", indent);
    }

    /// <summary>What comes after the key or dash of an entry.</summary>
    void Value(FormatEntry entry, string head, int indent)
    {
        var key = entry.Key?.Text ?? "";
        var comment = entry.Trailing is null ? "" : "  " + entry.Trailing;
        if (entry.Value is FormatScalar scalar)
        {
            if (ScalarText.Block(scalar.Text) is { } block)
            {
                _text.Append(head).Append(' ').Append(block.Mark).Append('\n');
                foreach (var line in block.Lines)
                    if (line.Length > 0) Line(indent + 2, line);
                    else _text.Append('\n');
                if (comment.Length > 0) Line(indent, entry.Trailing!);
                return;
            }
            var text = $"{head} {ScalarText.Write(scalar.Text, scalar.IsPlain)}".TrimEnd();
            _text.Append(text).Append(comment).Append('\n');
            return;
        }
        var collection = (FormatCollection)entry.Value;
        if (IsFlow(collection, indent + head.Length + 1, key))
        {
            _text.Append(head).Append(' ').Append(Flow(collection)).Append(comment).Append('\n');
            return;
        }
        _text.Append(head).Append(comment).Append('\n');
        Block(collection, collection.IsMap || entry.Key is null ? indent + 2 : indent, key);
    }

    /// <summary>Whether a collection goes into brackets after the column it would begin at.</summary>
    static bool IsFlow(FormatCollection collection, int column, string key)
    {
        if (collection.Entries.Count == 0) return true;
        if (Blocks.Contains(key) && !(collection is { IsMap: true } && key != "modules")) return false;
        if (collection.HasComments || !IsShallow(collection, collection.IsMap ? 2 : 1)) return false;
        if (collection.IsMap && !collection.IsFlow) return false;
        return column + Flow(collection).Length <= Width;
    }

    /// <summary>Whether it holds scalars only, or short lists and mappings of them.</summary>
    static bool IsShallow(FormatNode node, int levels) => node switch
    {
        FormatScalar scalar => ScalarText.Block(scalar.Text) is null,
        FormatCollection { IsMap: false } list => levels > 0 && list.Entries.All(e => e.Value is FormatScalar s
            && IsShallow(s, 0)),
        _ => levels > 0 && node.Entries.All(e => !Blocks.Contains(e.Key!.Text) && IsShallow(e.Value, levels - 1)),
    };

    static string Flow(FormatNode node) => node switch
    {
        FormatScalar scalar => scalar is { IsPlain: true, Text: "" } ? "null"
            : ScalarText.Write(scalar.Text, scalar.IsPlain),
        FormatCollection { IsMap: true } map => $"{{{string.Join(", ", Ordered(map, "").Select(e =>
            $"{ScalarText.Write(e.Key!.Text, e.Key.IsPlain)}: {Flow(e.Value)}"))}}}",
        _ => $"[{string.Join(", ", node.Entries.Select(e => Flow(e.Value)))}]",
    };

    /// <summary>Entries in canonical order; those of parameters and modules stay as written.</summary>
    static IReadOnlyList<FormatEntry> Ordered(FormatCollection collection, string key)
    {
        if (!collection.IsMap || key is "parameters" or "modules" or "tokens") return collection.Entries;
        var keys = collection.Entries.Select(e => e.Key!.Text).ToArray();
        var order = Orders.FirstOrDefault(o => keys.All(o.Contains)) ?? KnownKeys.Recipe;
        return [.. collection.Entries.OrderBy(e =>
            Array.IndexOf(order, e.Key!.Text) is >= 0 and var i ? i : order.Length)];
    }

    void Line(int indent, string text) => _text.Append(' ', indent).Append(text).Append('\n');

    static IEnumerable<string> Comments(IEnumerable<FormatDocument> documents) => documents.SelectMany(d =>
        d.Header.Concat(d.Tail).Concat(Comments(d.Root)));

    static IEnumerable<string> Comments(FormatNode node) => node.Entries.SelectMany(e =>
        e.Leading.Append(e.Trailing).OfType<string>().Concat(Comments(e.Value)));
}

/// <summary>Holds nodes for equal that read the same, whatever their places, quotes and the order of keys.</summary>
sealed class SameMeaning : IEqualityComparer<YamlNode>
{
    SameMeaning()
    {
    }

    public static SameMeaning Instance { get; } = new();

    /// <inheritdoc/>
    public bool Equals(YamlNode? x, YamlNode? y) => (x, y) switch
    {
        (YamlScalar a, YamlScalar b) => (a.Text == b.Text && (a.Plain == b.Plain || !ScalarText.IsSpecial(a.Text)))
            || (a.IsNull && b.IsNull),
        (YamlList a, YamlList b) => a.Items.SequenceEqual(b.Items, this),
        (YamlMap a, YamlMap b) => a.Entries.Count == b.Entries.Count && a.Entries.All(e =>
            b.Entries.Any(o => Equals(e.Key, o.Key) && Equals(e.Value, o.Value))),
        _ => false,
    };

    /// <inheritdoc/>
    public int GetHashCode(YamlNode node) => node.Size;
}
