using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using FastMerge.Recipe;

namespace FastMerge.Tests.Recipe;

/// <summary>Validates values by the keywords of JSON Schema that the language's schema uses.</summary>
sealed class SchemaCheck(JsonObject root)
{
    /// <summary>Whether a value is valid.</summary>
    public bool IsValid(JsonNode? value) => IsValid(value, root);

    bool IsValid(JsonNode? value, JsonNode schema)
    {
        if (schema is JsonValue always) return always.GetValue<bool>();
        return schema.AsObject().All(k => Holds(k.Key, k.Value!, value, schema.AsObject()));
    }

    bool Holds(string keyword, JsonNode rule, JsonNode? value, JsonObject schema) => keyword switch
    {
        "$schema" or "title" or "description" or "default" or "$defs" or "then" => true,
        "$ref" => IsValid(value, root["$defs"]![rule.GetValue<string>()["#/$defs/".Length..]]!),
        "type" => rule.GetValue<string>() == TypeOf(value)
            || (rule.GetValue<string>() == "number" && TypeOf(value) == "integer"),
        "enum" => rule.AsArray().Any(r => JsonNode.DeepEquals(r, value)),
        "const" => JsonNode.DeepEquals(rule, value),
        "anyOf" => rule.AsArray().Any(r => IsValid(value, r!)),
        "oneOf" => rule.AsArray().Count(r => IsValid(value, r!)) == 1,
        "allOf" => rule.AsArray().All(r => IsValid(value, r!)),
        "if" => !IsValid(value, rule) || IsValid(value, schema["then"]!),
        "minimum" => Number(value) is not { } n || n >= rule.GetValue<double>(),
        "maximum" => Number(value) is not { } n || n <= rule.GetValue<double>(),
        "minLength" => Text(value) is not { } t || t.Length >= rule.GetValue<int>(),
        "pattern" => Text(value) is not { } t || Regex.IsMatch(t, rule.GetValue<string>()),
        "minItems" => value is not JsonArray a || a.Count >= rule.GetValue<int>(),
        "maxItems" => value is not JsonArray a || a.Count <= rule.GetValue<int>(),
        "items" => value is not JsonArray a || a.All(i => IsValid(i, rule)),
        "minProperties" => value is not JsonObject o || o.Count >= rule.GetValue<int>(),
        "required" => value is not JsonObject o || rule.AsArray().All(r => o.ContainsKey(r!.GetValue<string>())),
        "properties" => value is not JsonObject o
            || o.All(p => rule[p.Key] is not { } of || IsValid(p.Value, of)),
        "propertyNames" => value is not JsonObject o || o.All(p => IsValid(JsonValue.Create(p.Key), rule)),
        "additionalProperties" => value is not JsonObject o
            || o.All(p => schema["properties"]?[p.Key] is not null || IsValid(p.Value, rule)),
        _ => throw new InvalidOperationException($"keyword {keyword} is not known here"),
    };

    static double? Number(JsonNode? value) => TypeOf(value) is "number" or "integer" ? value!.GetValue<double>() : null;

    static string? Text(JsonNode? value) => TypeOf(value) == "string" ? value!.GetValue<string>() : null;

    static string TypeOf(JsonNode? value) => value switch
    {
        null => "null",
        JsonObject => "object",
        JsonArray => "array",
        _ => value.GetValueKind() switch
        {
            System.Text.Json.JsonValueKind.String => "string",
            System.Text.Json.JsonValueKind.Number => value.GetValue<double>() % 1 == 0 ? "integer" : "number",
            _ => "boolean",
        },
    };

    /// <summary>What an editor that reads YAML 1.2 sees of a recipe's node.</summary>
    public static JsonNode? ToJson(YamlNode node) => node switch
    {
        YamlScalar { IsNull: true } => null,
        YamlScalar { Plain: true, Text: "true" or "True" or "TRUE" } => true,
        YamlScalar { Plain: true, Text: "false" or "False" or "FALSE" } => false,
        YamlScalar { Plain: true } scalar when Regex.IsMatch(scalar.Text, @"^[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?$")
            => JsonValue.Create(double.Parse(scalar.Text, CultureInfo.InvariantCulture)),
        YamlScalar scalar => scalar.Text,
        YamlList list => new JsonArray([.. list.Items.Select(ToJson)]),
        _ => new JsonObject(((YamlMap)node).Entries.Select(e => KeyValuePair.Create(e.Key.Text, ToJson(e.Value)))),
    };
}
