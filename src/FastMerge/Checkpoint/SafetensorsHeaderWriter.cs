using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using FastMerge.Core;

namespace FastMerge.Checkpoint;

/// <summary>A header to write: its bytes with length and padding, and where each tensor's data goes.</summary>
sealed record WrittenHeader(byte[] Bytes, IReadOnlyList<TensorRange> Tensors)
{
    /// <summary>Length of the whole file.</summary>
    public long FileLength => Bytes.Length + (Tensors.Count == 0 ? 0 : Tensors[^1].End);
}

/// <summary>
/// Lays out a file as the reference writer does: dtypes descending in the order of the format, then names by their
/// UTF-8 bytes; compact JSON with the metadata first (keys sorted); spaces up to a multiple of 8.
/// </summary>
static class SafetensorsHeaderWriter
{
    /// <summary>The order of tensors inside a file.</summary>
    public static IReadOnlyList<TensorSpec> Order(IEnumerable<TensorSpec> tensors)
    {
        var ordered = tensors.ToArray();
        Array.Sort(ordered, (a, b) => a.DType != b.DType
            ? b.DType.CompareTo(a.DType)
            : Utf8Order.Compare(a.Name, b.Name));
        return ordered;
    }

    /// <summary>The header of a file that holds these tensors, in any order given.</summary>
    public static WrittenHeader Write(
        IEnumerable<TensorSpec> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        var ranges = new List<TensorRange>();
        var running = 0L;
        foreach (var spec in Order(tensors))
        {
            var end = checked(running + spec.ByteCount);
            ranges.Add(new TensorRange(spec, running, end));
            running = end;
        }
        return new WrittenHeader(WriteText(ranges, metadata), ranges);
    }

    static byte[] WriteText(List<TensorRange> ranges, IReadOnlyDictionary<string, string>? metadata)
    {
        var output = new ArrayBufferWriter<byte>(1024 + ranges.Count * 128);
        Append(output, "\0\0\0\0\0\0\0\0{");
        var separator = "";
        if (metadata is { Count: > 0 })
        {
            WriteMetadata(output, metadata);
            separator = ",";
        }
        foreach (var (spec, begin, end) in ranges)
        {
            Append(output, separator);
            AppendString(output, spec.Name);
            Append(output, string.Create(CultureInfo.InvariantCulture,
                $":{{\"dtype\":\"{spec.DType}\",\"shape\":[{string.Join(',', spec.Shape)}],"));
            Append(output, string.Create(CultureInfo.InvariantCulture, $"\"data_offsets\":[{begin},{end}]}}"));
            separator = ",";
        }
        Append(output, "}");
        while (output.WrittenCount % 8 != 0) Append(output, " ");
        var bytes = output.WrittenSpan.ToArray();
        var length = bytes.Length - SafetensorsHeader.PrefixBytes;
        if (length > SafetensorsHeader.MaxHeaderBytes)
        {
            throw new FastMergeException(FailureKind.Plan, $"an output shard of {ranges.Count} tensors needs a "
                + $"header of {length} bytes, above {SafetensorsHeader.MaxHeaderBytes}: use a smaller shard size");
        }
        BinaryPrimitives.WriteInt64LittleEndian(bytes, length);
        return bytes;
    }

    static void WriteMetadata(ArrayBufferWriter<byte> output, IReadOnlyDictionary<string, string> metadata)
    {
        var separator = "\"__metadata__\":{";
        foreach (var (key, value) in metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            Append(output, separator);
            AppendString(output, key);
            Append(output, ":");
            AppendString(output, value);
            separator = ",";
        }
        Append(output, "}");
    }

    static void Append(ArrayBufferWriter<byte> output, string text) => Encoding.UTF8.GetBytes(text, output);

    /// <summary>Escapes only quotes, backslashes and control characters, as the reference does.</summary>
    static void AppendString(ArrayBufferWriter<byte> output, string text)
    {
        Append(output, "\"");
        var start = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] >= ' ' && text[i] is not ('"' or '\\')) continue;
            Encoding.UTF8.GetBytes(text.AsSpan(start, i - start), output);
            Append(output, text[i] switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\b' => "\\b",
                '\t' => "\\t",
                '\n' => "\\n",
                '\f' => "\\f",
                '\r' => "\\r",
                var c => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
            });
            start = i + 1;
        }
        Encoding.UTF8.GetBytes(text.AsSpan(start), output);
        Append(output, "\"");
    }
}
