namespace FastMerge.Recipe;

/// <summary>Reads what is written for a parameter: a value, a gradient, or values with filters.</summary>
static class ParameterReader
{
    const string Accepted = "a value, a list of numbers, or a list of {filter, value}";

    /// <summary>The value of a parameter; <paramref name="checkKeys"/> sees every mapping in it, the keys it may
    /// have and where it stands.</summary>
    public static ParameterValue Read(string key, YamlNode node, Action<YamlMap, string[], string> checkKeys) =>
        node switch
        {
            YamlMap map => new ParameterValue.Conditional([Case(key, map, checkKeys)], map.Span),
            YamlList { Items: [YamlMap, ..] } list => new ParameterValue.Conditional(
                [.. list.Items.Select(i => Case(key, i, checkKeys))], list.Span),
            _ => ScalarOrGradient(key, node),
        };

    static FilterCase Case(string key, YamlNode node, Action<YamlMap, string[], string> checkKeys)
    {
        if (node is not YamlMap map) throw Unclear(key, node);
        checkKeys(map, KnownKeys.Filter, "in a value with a filter");
        var value = map["value"] ?? throw RecipeError.At(map.Span, $"{RecipeError.Quote(key)}: 'value' is missing");
        var filter = map["filter"] is { } selector ? SelectorReader.Read("filter", selector, checkKeys) : null;
        return new(filter, ScalarOrGradient(key, value));
    }

    static ParameterValue ScalarOrGradient(string key, YamlNode node) => node switch
    {
        YamlScalar scalar => new ParameterValue.Scalar(Leaf(key, scalar)),
        YamlList { Items.Count: > 0 } list => new ParameterValue.Gradient(
            [.. list.Items.Select(i => i is YamlScalar point ? Leaf(key, point) : throw Unclear(key, i))], list.Span),
        _ => throw Unclear(key, node),
    };

    static ResolvedValue Leaf(string key, YamlScalar node) =>
        new(key, node.IsNull ? "" : node.Text, node.Plain, node.Span);

    static Core.FastMergeException Unclear(string key, YamlNode node) => RecipeError.At(node.Span,
        $"{RecipeError.Quote(key)} is {node.Kind}; accepted: {Accepted}");
}
