using System.Text.Json.Nodes;

namespace FastMerge.Names;

/// <summary>Reads values of a configuration that may be of any type.</summary>
static class ConfigText
{
    /// <summary>A text; null if the key is absent or holds something else.</summary>
    public static string? Text(JsonObject? config, string key) =>
        config?[key] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    /// <summary>A truth value; null if the key is absent or holds something else.</summary>
    public static bool? Flag(JsonObject? config, string key) =>
        config?[key] is JsonValue value && value.TryGetValue<bool>(out var flag) ? flag : null;

    /// <summary>A whole number; null if the key is absent or holds something else.</summary>
    public static int? Number(JsonNode? node) =>
        node is JsonValue value && value.TryGetValue<int>(out var number) ? number : null;
}
