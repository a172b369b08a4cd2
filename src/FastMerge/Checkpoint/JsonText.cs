using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;

namespace FastMerge.Checkpoint;

/// <summary>Reads small JSON files of a checkpoint folder safely.</summary>
static class JsonText
{
    /// <summary>The largest file that is read.</summary>
    public const int MaxBytes = 16 << 20;

    /// <summary>The deepest nesting that is read.</summary>
    public const int MaxDepth = 64;

    /// <summary>Parses an object; duplicated keys, bad strings and deep nesting are input failures.</summary>
    public static JsonObject ParseObject(ReadOnlySpan<byte> text, string path)
    {
        if (!Utf8.IsValid(text)) throw SafetensorsHeader.Bad(path, "it is not valid UTF-8");
        try
        {
            var masked = MaskNonFinite(text);
            CheckStrings(masked);
            var options = new JsonDocumentOptions { MaxDepth = MaxDepth, AllowDuplicateProperties = false };
            return JsonNode.Parse(masked, null, options) as JsonObject
                ?? throw SafetensorsHeader.Bad(path, "it should hold a JSON object");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            throw SafetensorsHeader.Bad(path, "it is not valid JSON: " + Reason(e));
        }
    }

    /// <summary>The string under a key; null for anything else.</summary>
    public static string? StringAt(JsonObject? parent, string key) =>
        parent?[key] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    /// <summary>
    /// A copy of the same length in which Python's <c>Infinity</c> and <c>NaN</c>, which real configurations hold,
    /// are numbers of JSON.
    /// </summary>
    public static byte[] MaskNonFinite(ReadOnlySpan<byte> text)
    {
        var masked = text.ToArray();
        var inString = false;
        for (var i = 0; i < masked.Length; i++)
        {
            var rest = masked.AsSpan(i);
            if (inString && masked[i] == (byte)'\\') i++;
            else if (masked[i] == (byte)'"') inString = !inString;
            else if (inString) continue;
            else if (rest.StartsWith("Infinity"u8)) "1e999999"u8.CopyTo(rest);
            else if (rest.StartsWith("NaN"u8)) "0e0"u8.CopyTo(rest);
        }
        return masked;
    }

    /// <summary>What a parser said, without the position it counts in lines.</summary>
    public static string Reason(Exception failure)
    {
        var end = failure.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return Core.DisplayText.Escape(end < 0 ? failure.Message : failure.Message[..end]);
    }

    /// <summary>Decodes every string once: a lone surrogate escape fails here and not at a later use.</summary>
    static void CheckStrings(ReadOnlySpan<byte> text)
    {
        var reader = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = MaxDepth });
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && reader.ValueIsEscaped)
                reader.GetString();
        }
    }
}
