using System.Text.Json;
using System.Text.Unicode;
using FastMerge.Core;

namespace FastMerge.Checkpoint;

/// <summary>The index of a sharded checkpoint: which file holds which tensor.</summary>
sealed class ShardIndex
{
    /// <summary>The name of the index that the ecosystem's tools write.</summary>
    public const string FileName = "model.safetensors.index.json";

    /// <summary>The largest index that is read.</summary>
    public const int MaxBytes = 256 << 20;

    const int MaxDepth = 8;

    readonly Dictionary<string, string> _fileNames = new(StringComparer.Ordinal);
    readonly string _path;

    ShardIndex(string path) => _path = path;

    /// <summary>Tensor name to file name.</summary>
    public Dictionary<string, string> WeightMap { get; } = new(StringComparer.Ordinal);

    /// <summary>The sum of tensor bytes that the index claims; null if it claims none that is an integer.</summary>
    public long? TotalSize { get; private set; }

    /// <summary>The files that the index names, in order of name.</summary>
    public IEnumerable<string> FileNames => _fileNames.Keys.Order(StringComparer.Ordinal);

    /// <summary>Parses an index; names that could lead out of the folder are failures.</summary>
    public static ShardIndex Parse(ReadOnlySpan<byte> text, string path)
    {
        var index = new ShardIndex(path);
        if (!Utf8.IsValid(text)) throw index.Bad("it is not valid UTF-8");
        try
        {
            var reader = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = MaxDepth });
            index.ReadRoot(ref reader);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw index.Bad("it is not valid JSON: " + JsonText.Reason(e));
        }
        return index.WeightMap.Count > 0 ? index : throw index.Bad("it has no weight_map, or an empty one");
    }

    void ReadRoot(ref Utf8JsonReader reader)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject) throw Bad("it should hold a JSON object");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            if (!seen.Add(key)) throw Bad($"the key {SafetensorsHeader.Quote(key)} occurs twice");
            reader.Read();
            if (key == "weight_map") ReadWeightMap(ref reader);
            else if (key == "metadata") ReadMetadata(ref reader);
            else reader.Skip();
        }
        reader.Read();
    }

    void ReadMetadata(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isTotal = reader.ValueTextEquals("total_size"u8);
            reader.Read();
            if (isTotal && reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var total))
                TotalSize = total;
            else
                reader.Skip();
        }
    }

    void ReadWeightMap(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject) throw Bad("weight_map should be an object");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var tensor = reader.GetString()!;
            reader.Read();
            if (reader.TokenType != JsonTokenType.String)
                throw Bad($"the file of tensor {SafetensorsHeader.Quote(tensor)} should be a string");
            if (!WeightMap.TryAdd(tensor, Intern(reader.GetString()!)))
                throw Bad($"tensor {SafetensorsHeader.Quote(tensor)} occurs twice in weight_map");
        }
    }

    string Intern(string fileName)
    {
        if (_fileNames.TryGetValue(fileName, out var known)) return known;
        if (!IsInside(fileName))
        {
            throw Bad($"weight_map names the file {SafetensorsHeader.Quote(fileName)}; "
                + "a file name relative to the folder, without '..', is needed");
        }
        return _fileNames[fileName] = fileName;
    }

    static bool IsInside(string fileName) => fileName.Length <= 1024
        && !fileName.AsSpan().ContainsAny('\0', '\\', ':')
        && fileName.Split('/').All(part => part is not ("" or "." or ".."));

    FastMergeException Bad(string problem) => SafetensorsHeader.Bad(_path, problem);
}
