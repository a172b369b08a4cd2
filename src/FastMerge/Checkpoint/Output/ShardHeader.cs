using System.Buffers;
using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;
using FastMerge.Core;

namespace FastMerge.Checkpoint.Output;

/// <summary>Headers as the reference writer makes them.</summary>
static class ShardHeader
{
    const int PrefixBytes = 8;
    const int MaxBytes = 100_000_000;

    /// <summary>Length prefix, compact JSON and padding for tensors in file order.</summary>
    public static byte[] Write(IReadOnlyList<TensorSpec> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var options = new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        using (var json = new Utf8JsonWriter(buffer, options)) WriteJson(json, tensors, metadata);
        var length = (buffer.WrittenCount + PrefixBytes - 1) / PrefixBytes * PrefixBytes;
        if (length > MaxBytes)
        {
            throw new FastMergeException(FailureKind.Plan, $"the header of a shard takes {length} bytes, "
                + $"more than the {MaxBytes} of the format; choose a smaller --shard-size");
        }
        var header = new byte[PrefixBytes + length];
        BinaryPrimitives.WriteInt64LittleEndian(header, length);
        buffer.WrittenSpan.CopyTo(header.AsSpan(PrefixBytes));
        header.AsSpan(PrefixBytes + buffer.WrittenCount).Fill((byte)' ');
        return header;
    }

    static void WriteJson(
        Utf8JsonWriter json, IReadOnlyList<TensorSpec> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        json.WriteStartObject();
        if (metadata.Count > 0)
        {
            json.WriteStartObject("__metadata__");
            foreach (var (key, value) in metadata.OrderBy(pair => pair.Key, CodePointOrder.Instance))
                json.WriteString(key, value);
            json.WriteEndObject();
        }
        var offset = 0L;
        foreach (var tensor in tensors)
        {
            json.WriteStartObject(tensor.Name);
            json.WriteString("dtype", tensor.DType.ToString());
            json.WriteStartArray("shape");
            foreach (var dimension in tensor.Shape) json.WriteNumberValue(dimension);
            json.WriteEndArray();
            json.WriteStartArray("data_offsets");
            json.WriteNumberValue(offset);
            json.WriteNumberValue(offset = checked(offset + tensor.ByteCount));
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }
}
