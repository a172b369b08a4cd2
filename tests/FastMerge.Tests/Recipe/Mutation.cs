using FastMerge.Recipe;

namespace FastMerge.Tests.Recipe;

/// <summary>What a mutated word is.</summary>
enum WordKind { Key, Parameter, Method, Model, DType, Number, Layer, Filter }

/// <summary>A recipe with one word changed.</summary>
/// <param name="Kind">What the word is.</param>
/// <param name="Key">The key that the value stands under, or that the key stands under.</param>
/// <param name="Word">As it should be.</param>
/// <param name="Changed">As it is.</param>
/// <param name="Span">Where it stands.</param>
/// <param name="Text">The recipe.</param>
sealed record Mutation(WordKind Kind, string Key, string Word, string Changed, SourceSpan Span, string Text)
{
    /// <summary>Every word of a recipe changed in every way that is tried.</summary>
    public static IEnumerable<Mutation> Of(string text) => YamlTreeReader.Read(text, "r.yml")
        .SelectMany(root => Words(root, "")).DistinctBy(w => w.Node.Span)
        .SelectMany(w => Changes(w.Kind, w.Node.Text).Distinct().Where(c => c.Length > 0 && c != w.Node.Text)
            .Select(c => new Mutation(w.Kind, w.Key, w.Node.Text, c, w.Node.Span, Replace(text, w.Node, c))));

    static IEnumerable<(WordKind Kind, string Key, YamlScalar Node)> Words(YamlNode node, string key) => node switch
    {
        YamlMap map => map.Entries.SelectMany(e => Words(e.Value, e.Key.Text is "value" ? key : e.Key.Text)
            .Prepend((KeyKind(e.Key.Text, key), key, e.Key))),
        YamlList list => list.Items.SelectMany(i => Words(i, key)),
        YamlScalar word => [(ValueKind(key), key, word)],
        _ => [],
    };

    static WordKind KeyKind(string name, string parent) =>
        parent == "parameters" && name is not ("filter" or "value") ? WordKind.Parameter : WordKind.Key;

    static WordKind ValueKind(string key) => key switch
    {
        "merge_method" => WordKind.Method,
        "model" or "base_model" => WordKind.Model,
        "dtype" or "out_dtype" => WordKind.DType,
        "layer_range" => WordKind.Layer,
        "filter" => WordKind.Filter,
        _ => WordKind.Number,
    };

    static IEnumerable<string> Changes(WordKind kind, string word) => kind switch
    {
        WordKind.Number => ["heavy", word + ".", "..1", "O.5", "[]", "-1e9", "1e9"],
        WordKind.Layer => ["three", "-1", word + ".5", "99999999", "9"],
        _ => Enumerable.Range(0, word.Length).SelectMany(i => (string[])
        [
            word.Length > 1 ? word.Remove(i, 1) : "", word.Insert(i, word[i].ToString()),
            i == 0 ? word : word.Remove(i - 1, 2).Insert(i - 1, $"{word[i]}{word[i - 1]}"),
        ]),
    };

    static string Replace(string text, YamlScalar node, string changed)
    {
        var lines = text.Split('\n');
        ref var line = ref lines[node.Span.Line - 1];
        var start = node.Span.Column - 1;
        Assert.Equal(node.Text, line.Substring(start, node.Text.Length));
        line = line.Remove(start, node.Text.Length).Insert(start, changed);
        return string.Join('\n', lines);
    }
}
