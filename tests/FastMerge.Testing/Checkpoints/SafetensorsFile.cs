using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace FastMerge.Testing.Checkpoints;

/// <summary>
/// Reads and writes small safetensors files whole. It shares no code with the product, so that the two can be
/// wrong only separately.
/// </summary>
public static class SafetensorsFile
{
    public const string SingleName = "model.safetensors";
    public const string IndexName = "model.safetensors.index.json";

    /// <summary>All tensors of a file by name.</summary>
    public static SortedDictionary<string, StoredTensor> Read(string path)
    {
        var bytes = File.ReadAllBytes(path);
        var length = checked((int)BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        var data = bytes.AsMemory(8 + length);
        using var header = JsonDocument.Parse(bytes.AsMemory(8, length));
        var tensors = new SortedDictionary<string, StoredTensor>(StringComparer.Ordinal);
        foreach (var entry in header.RootElement.EnumerateObject())
        {
            if (entry.Name == "__metadata__") continue;
            var offsets = entry.Value.GetProperty("data_offsets");
            var (begin, end) = (offsets[0].GetInt32(), offsets[1].GetInt32());
            long[] shape = [.. entry.Value.GetProperty("shape").EnumerateArray().Select(d => d.GetInt64())];
            var dtype = entry.Value.GetProperty("dtype").GetString()!;
            tensors.Add(entry.Name, new(entry.Name, dtype, shape, data[begin..end].ToArray()));
        }
        return tensors;
    }

    /// <summary>All tensors of a checkpoint folder: what its index names, else its single file.</summary>
    public static SortedDictionary<string, StoredTensor> ReadFolder(string folder)
    {
        var index = Path.Combine(folder, IndexName);
        if (!File.Exists(index)) return Read(Path.Combine(folder, SingleName));
        var map = JsonNode.Parse(File.ReadAllText(index))!["weight_map"]!.AsObject();
        var tensors = new SortedDictionary<string, StoredTensor>(StringComparer.Ordinal);
        foreach (var file in map.Select(entry => (string)entry.Value!).Distinct())
            foreach (var (name, tensor) in Read(Path.Combine(folder, file)))
                tensors.Add(name, tensor);
        return tensors;
    }

    /// <summary>Writes the tensors in the order given, without gaps.</summary>
    public static void Write(
        string path, IEnumerable<StoredTensor> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        var list = tensors.ToList();
        using var file = File.Create(path);
        file.Write(Header(list.Select(t => (t.Name, t.DType, t.Shape)), metadata));
        foreach (var tensor in list) file.Write(tensor.Data);
    }

    /// <summary>The length prefix and the JSON header, padded so that data starts at a multiple of 8.</summary>
    public static byte[] Header(
        IEnumerable<(string Name, string DType, long[] Shape)> tensors,
        IReadOnlyDictionary<string, string>? metadata = null)
    {
        var header = new JsonObject();
        if (metadata != null)
            header["__metadata__"] = new JsonObject(
                metadata.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value)));
        long offset = 0;
        foreach (var (name, dtype, shape) in tensors)
        {
            var end = offset + shape.Aggregate((long)StoredValues.Size(dtype), (product, d) => product * d);
            header[name] = new JsonObject
            {
                ["dtype"] = dtype,
                ["shape"] = new JsonArray([.. shape.Select(d => (JsonNode)d)]),
                ["data_offsets"] = new JsonArray(offset, end),
            };
            offset = end;
        }
        return WithPrefix(header.ToJsonString());
    }

    /// <summary>A header of any text, for files that are wrong on purpose.</summary>
    public static byte[] WithPrefix(string json)
    {
        var text = Encoding.UTF8.GetBytes(json);
        var padded = (text.Length + 7) / 8 * 8;
        var bytes = new byte[8 + padded];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, (ulong)padded);
        text.CopyTo(bytes, 8);
        bytes.AsSpan(8 + text.Length).Fill((byte)' ');
        return bytes;
    }
}
