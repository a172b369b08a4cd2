using System.Buffers;
using System.Text;
using System.Text.Json;

namespace FastMerge.Cli.Rendering;

/// <summary>One JSON object a line; each is complete when it is written.</summary>
sealed class JsonLines(TextWriter output)
{
    readonly Lock _lock = new();

    /// <summary>Writes <c>{"event": name, ...}</c>.</summary>
    public void Write(string name, Action<Utf8JsonWriter> content)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("event", name);
            content(writer);
            writer.WriteEndObject();
        }
        lock (_lock)
        {
            output.WriteLine(Encoding.UTF8.GetString(buffer.WrittenSpan));
            output.Flush();
        }
    }
}
