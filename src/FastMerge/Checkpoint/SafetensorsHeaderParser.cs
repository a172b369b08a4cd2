using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using FastMerge.Core;

namespace FastMerge.Checkpoint;

/// <summary>Parses the JSON text of a header; every deviation from the format is a failure that says where.</summary>
ref struct SafetensorsHeaderParser(ReadOnlySpan<byte> text, string file)
{
    /// <summary>The largest rank that is read.</summary>
    public const int MaxRank = 64;

    /// <summary>The longest tensor name, in UTF-8 bytes.</summary>
    public const int MaxNameBytes = 4096;

    const string MetadataKey = "__metadata__";
    const int MaxWarnings = 20, MaxUnknownKeys = 64, MaxMetadataKeys = 100_000;

    readonly ReadOnlySpan<byte> _text = text;
    readonly HashSet<string> _names = new(text.Length / 128, StringComparer.Ordinal);
    Utf8JsonReader _reader = new(text);
    bool _metadataSeen;
    int _unknownKeys, _oddNames;

    /// <summary>Tensors in the order of the text.</summary>
    public List<TensorRange> Tensors { get; } = new(text.Length / 128);

    /// <summary>The strings under <c>__metadata__</c>.</summary>
    public Dictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);

    /// <summary>What is odd but readable.</summary>
    public List<string> Warnings { get; } = [];

    /// <summary>Reads the whole text.</summary>
    public void Parse()
    {
        if (!Utf8.IsValid(_text)) throw Bad("the header is not valid UTF-8");
        if (_text.Length > 0 && _text[0] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
            Warn("the header starts with white space instead of '{'");
        try
        {
            ParseObject();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw Bad($"the header is not valid JSON near byte {Position}: {JsonText.Reason(e)}", e);
        }
        if (_unknownKeys > 1) Warn($"{_unknownKeys} unknown keys in tensor descriptions are ignored");
        if (_oddNames > 1) Warn($"{_oddNames} tensor names are empty or hold control or direction characters");
    }

    readonly long Position => SafetensorsHeader.PrefixBytes + _reader.TokenStartIndex;

    void ParseObject()
    {
        Next(JsonTokenType.StartObject, "an object of tensors");
        while (Advance() != JsonTokenType.EndObject)
        {
            var name = _reader.GetString()!;
            if (name == MetadataKey) ParseMetadata();
            else ParseTensor(name);
        }
        // Anything but white space after the object throws here.
        _reader.Read();
    }

    void ParseMetadata()
    {
        if (_metadataSeen) throw Bad($"__metadata__ occurs twice, again at byte {Position}");
        _metadataSeen = true;
        if (Advance() == JsonTokenType.Null)
        {
            Warn("__metadata__ is null");
            return;
        }
        Expect(JsonTokenType.StartObject, "an object of strings under __metadata__");
        while (Advance() != JsonTokenType.EndObject)
        {
            var key = _reader.GetString()!;
            Next(JsonTokenType.String, "a string under __metadata__", key);
            if (!Metadata.TryAdd(key, _reader.GetString()!))
                throw Bad($"__metadata__ {SafetensorsHeader.Quote(key)} occurs twice, again at byte {Position}");
            if (Metadata.Count > MaxMetadataKeys) throw Bad($"__metadata__ has more than {MaxMetadataKeys} keys");
        }
    }

    void ParseTensor(string name)
    {
        CheckName(name);
        Next(JsonTokenType.StartObject, "an object for tensor", name);
        DType? dtype = null;
        var shape = default(ImmutableArray<long>);
        (long Begin, long End)? range = null;
        HashSet<string>? unknown = null;
        while (Advance() != JsonTokenType.EndObject)
        {
            if (_reader.ValueTextEquals("dtype"u8)) dtype = dtype is null ? ParseDType(name) : throw Twice(name);
            else if (_reader.ValueTextEquals("shape"u8)) shape = shape.IsDefault ? ParseShape(name) : throw Twice(name);
            else if (_reader.ValueTextEquals("data_offsets"u8))
                range = range is null ? ParseRange(name) : throw Twice(name);
            else SkipUnknown(name, unknown ??= []);
        }
        if (dtype is null || shape.IsDefault || range is null)
        {
            var missing = dtype is null ? "dtype" : shape.IsDefault ? "shape" : "data_offsets";
            throw Bad($"tensor {SafetensorsHeader.Quote(name)} has no {missing}");
        }
        Tensors.Add(new TensorRange(new TensorSpec(name, dtype.Value, shape), range.Value.Begin, range.Value.End));
    }

    void CheckName(string name)
    {
        if (!_names.Add(name))
            throw Bad($"tensor {SafetensorsHeader.Quote(name)} occurs twice, again at byte {Position}");
        if (name.Contains('\0')) throw Bad($"tensor {SafetensorsHeader.Quote(name)} has a NUL in its name");
        if (name.Length > MaxNameBytes / 3 && Encoding.UTF8.GetByteCount(name) > MaxNameBytes)
            throw Bad($"a tensor name has {Encoding.UTF8.GetByteCount(name)} bytes; at most {MaxNameBytes} are read");
        if (IsOdd(name) && _oddNames++ == 0)
            Warn($"the tensor name {SafetensorsHeader.Quote(name)} is empty or holds control or direction characters");
    }

    static bool IsOdd(string name) => name.Length == 0
        || (name.AsSpan().ContainsAnyExceptInRange(' ', '~') && !ReferenceEquals(DisplayText.Escape(name), name));

    DType ParseDType(string name)
    {
        Next(JsonTokenType.String, "a string as dtype of tensor", name);
        if (_reader.ValueTextEquals("BF16"u8)) return DType.BF16;
        var text = _reader.GetString()!;
        return DTypes.TryParse(text, out var dtype) ? dtype : throw Bad(
            $"tensor {SafetensorsHeader.Quote(name)} has the unknown dtype {SafetensorsHeader.Quote(text)}; known are "
            + string.Join(" ", Enum.GetNames<DType>()));
    }

    ImmutableArray<long> ParseShape(string name)
    {
        Next(JsonTokenType.StartArray, "a list as shape of tensor", name);
        Span<long> dimensions = stackalloc long[MaxRank];
        var rank = 0;
        while (Advance() != JsonTokenType.EndArray)
        {
            var value = ParseInteger("shape", name);
            if (rank == MaxRank)
                throw Bad($"tensor {SafetensorsHeader.Quote(name)} has more than {MaxRank} dimensions");
            dimensions[rank++] = (long)Math.Min(value, long.MaxValue);
            if (value > long.MaxValue) CheckPaperDimension(dimensions[..rank], value, name);
        }
        CheckProduct(dimensions[..rank], name);
        return [.. dimensions[..rank]];
    }

    /// <summary>A dimension of 2^63 or more is only possible in a tensor that is already empty.</summary>
    readonly void CheckPaperDimension(ReadOnlySpan<long> dimensions, ulong value, string name)
    {
        if (!dimensions.Contains(0)) throw TooLarge(name);
        Warn($"empty tensor {SafetensorsHeader.Quote(name)} has a dimension of {value}, read as {long.MaxValue}");
    }

    readonly void CheckProduct(ReadOnlySpan<long> dimensions, string name)
    {
        var product = 1L;
        foreach (var dimension in dimensions)
        {
            var wide = Math.BigMul(product, dimension, out var low);
            if (wide != 0 || low < 0) throw TooLarge(name);
            product = low;
        }
    }

    (long Begin, long End) ParseRange(string name)
    {
        Next(JsonTokenType.StartArray, "a list as data_offsets of tensor", name);
        Span<long> offsets = stackalloc long[2];
        for (var i = 0; i < 2; i++)
        {
            Advance();
            var value = ParseInteger("data_offsets", name);
            if (value > long.MaxValue) throw TooLarge(name);
            offsets[i] = (long)value;
        }
        Next(JsonTokenType.EndArray, "exactly two data_offsets for tensor", name);
        return (offsets[0], offsets[1]);
    }

    readonly ulong ParseInteger(string key, string name) =>
        _reader.TokenType == JsonTokenType.Number && _reader.TryGetUInt64(out var value) ? value : throw Bad(
            $"{key} of tensor {SafetensorsHeader.Quote(name)} at byte {Position} takes integers from 0 to 2^64 - 1");

    void SkipUnknown(string name, HashSet<string> seen)
    {
        var key = _reader.GetString()!;
        if (!seen.Add(key)) throw Twice(name);
        if (seen.Count > MaxUnknownKeys)
            throw Bad($"tensor {SafetensorsHeader.Quote(name)} has more than {MaxUnknownKeys} unknown keys");
        if (_unknownKeys++ == 0)
            Warn($"tensor {SafetensorsHeader.Quote(name)} has the unknown key {SafetensorsHeader.Quote(key)}, ignored");
        _reader.Skip();
    }

    JsonTokenType Advance() => _reader.Read() ? _reader.TokenType : throw Bad("the header ends inside its JSON text");

    void Next(JsonTokenType kind, string wanted, string? name = null)
    {
        Advance();
        Expect(kind, wanted, name);
    }

    readonly void Expect(JsonTokenType kind, string wanted, string? name = null)
    {
        if (_reader.TokenType == kind) return;
        var owner = name is null ? "" : " " + SafetensorsHeader.Quote(name);
        throw Bad($"the header needs {wanted}{owner} at byte {Position}");
    }

    readonly void Warn(string problem)
    {
        if (Warnings.Count < MaxWarnings) Warnings.Add($"{DisplayText.Escape(file)}: {problem}");
    }

    readonly FastMergeException Twice(string name) =>
        Bad($"a key of tensor {SafetensorsHeader.Quote(name)} occurs twice, again at byte {Position}");

    readonly FastMergeException TooLarge(string name) =>
        Bad($"tensor {SafetensorsHeader.Quote(name)} has a shape or data_offsets beyond 2^63 - 1");

    readonly FastMergeException Bad(string problem, Exception? inner = null) =>
        new(FailureKind.Input, $"{DisplayText.Escape(file)}: {problem}", inner);
}
