using System.Text.Json;

namespace FastMerge.Checkpoint;

/// <summary>Where a property of a JSON object is in the text.</summary>
readonly record struct JsonSpan(int PropertyStart, int ValueStart, int ValueEnd);

/// <summary>Finds properties by path in JSON text without changing a byte of it.</summary>
static class JsonSpans
{
    /// <summary>The property at a path of keys; null if any key is absent.</summary>
    public static JsonSpan? Find(ReadOnlySpan<byte> text, ReadOnlySpan<string> path)
    {
        var reader = NewReader(text);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var matches = reader.ValueTextEquals(path[0]);
            var propertyStart = (int)reader.TokenStartIndex;
            reader.Read();
            if (matches && path.Length > 1)
            {
                if (reader.TokenType != JsonTokenType.StartObject) return null;
                path = path[1..];
                continue;
            }
            var valueStart = (int)reader.TokenStartIndex;
            reader.Skip();
            if (matches) return new JsonSpan(propertyStart, valueStart, (int)reader.BytesConsumed);
        }
        return null;
    }

    /// <summary>Start of the first property and end of the last value; null if the object is empty.</summary>
    public static (int FirstStart, int LastEnd)? Content(ReadOnlySpan<byte> text)
    {
        var reader = NewReader(text);
        reader.Read();
        (int First, int Last)? content = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var start = content?.First ?? (int)reader.TokenStartIndex;
            reader.Read();
            reader.Skip();
            content = (start, (int)reader.BytesConsumed);
        }
        return content;
    }

    static Utf8JsonReader NewReader(ReadOnlySpan<byte> text) =>
        new(text, new JsonReaderOptions { MaxDepth = JsonText.MaxDepth });
}
