using System.Text.Json;

namespace FastMerge.Cli.Rendering;

/// <summary>Arrays for <see cref="Utf8JsonWriter"/>.</summary>
static class JsonWriting
{
    /// <summary>An array of texts.</summary>
    public static void WriteStrings(this Utf8JsonWriter json, string name, IEnumerable<string> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values) json.WriteStringValue(value);
        json.WriteEndArray();
    }

    /// <summary>An array of objects.</summary>
    public static void WriteObjects<T>(this Utf8JsonWriter json, string name, IEnumerable<T> values, Action<T> content)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
        {
            json.WriteStartObject();
            content(value);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}
