using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using FastMerge.Core;

namespace FastMerge.Checkpoint.Output;

/// <summary>
/// <see cref="MergeLock"/> as JSON, the same bytes for the same lock. The last key is the hash of the
/// text without it, so that a changed bit is found. A lock file may come from anybody: reading
/// refuses names that lead out of the folder and anything of the wrong form.
/// </summary>
static class MergeLockJson
{
    /// <summary>More than a lock of any real merge takes.</summary>
    public const int MaxBytes = 64 << 20;

    const int Format = 1;

    static readonly JsonWriterOptions Options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, Indented = true, IndentSize = 2, NewLine = "\n",
    };

    /// <summary>The bytes of the lock file.</summary>
    public static byte[] Write(MergeLock mergeLock, IBlockHasher hasher) =>
        Write(mergeLock, hasher.Hash128(Write(mergeLock, self: null)));

    /// <summary>Reads a lock file; anything unexpected is a failure of the given kind.</summary>
    public static MergeLock Read(ReadOnlyMemory<byte> content, string path, FailureKind kind)
    {
        try
        {
            if (!Utf8.IsValid(content.Span)) throw new FormatException("it is not UTF-8");
            using var document = JsonDocument.Parse(
                content, new JsonDocumentOptions { MaxDepth = 8, AllowDuplicateProperties = false });
            return Read(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
        {
            throw new FastMergeException(kind, $"'{DisplayText.Escape(path)}' is not a lock file of FastMerge: "
                + DisplayText.Escape(e.Message), e);
        }
    }

    static byte[] Write(MergeLock mergeLock, UInt128? self)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Options)) Write(json, mergeLock, self);
        buffer.Write("\n"u8);
        return buffer.WrittenSpan.ToArray();
    }

    static void Write(Utf8JsonWriter json, MergeLock mergeLock, UInt128? self)
    {
        json.WriteStartObject();
        json.WriteNumber("format", Format);
        json.WriteString("tool", mergeLock.Tool);
        json.WriteString("plan", mergeLock.Plan.ToString("x32"));
        json.WriteNumber("seed", mergeLock.Seed);
        json.WriteString("recipe", mergeLock.Recipe);
        json.WriteStartArray("inputs");
        foreach (var input in mergeLock.Inputs) Write(json, input);
        json.WriteEndArray();
        json.WriteStartArray("outputs");
        foreach (var output in mergeLock.Outputs) Write(json, output);
        json.WriteEndArray();
        if (self is { } hash) json.WriteString("lock_xxh3_128", hash.ToString("x32"));
        json.WriteEndObject();
    }

    static void Write(Utf8JsonWriter json, LockedInput input)
    {
        json.WriteStartObject();
        json.WriteString("model", input.Model);
        json.WriteString("file", input.File);
        json.WriteNumber("size", input.Size);
        json.WriteString("header_sha256", input.HeaderSha256);
        if (input.HubBlob is not null) json.WriteString("hub_blob", input.HubBlob);
        if (input.Sha256 is not null) json.WriteString("sha256", input.Sha256);
        json.WriteEndObject();
    }

    static void Write(Utf8JsonWriter json, LockedOutput output)
    {
        json.WriteStartObject();
        json.WriteString("file", output.File);
        json.WriteNumber("size", output.Size);
        json.WriteString("xxh3_128", output.Hash.ToString("x32"));
        if (output.Sha256 is not null) json.WriteString("sha256", output.Sha256);
        json.WriteEndObject();
    }

    static MergeLock Read(JsonElement root)
    {
        var format = Get(root, "format", JsonValueKind.Number);
        if (!format.TryGetInt32(out var version) || version != Format)
            throw new FormatException($"format {format.GetRawText()} is not {Format}, the one this version reads");
        var inputs = Get(root, "inputs", JsonValueKind.Array).EnumerateArray().Select(ReadInput);
        var outputs = Get(root, "outputs", JsonValueKind.Array).EnumerateArray().Select(ReadOutput);
        var mergeLock = new MergeLock(
            Text(root, "tool"), Hash(root, "plan"), Get(root, "seed", JsonValueKind.Number).GetUInt64(),
            Text(root, "recipe"), [.. inputs], [.. outputs]);
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var output in mergeLock.Outputs)
        {
            if (!OutputNames.IsPlain(output.File))
                throw new FormatException($"'{output.File}' is not the name of a file in the folder");
            if (!names.Add(output.File)) throw new FormatException($"'{output.File}' is listed twice");
        }
        return mergeLock;
    }

    static LockedInput ReadInput(JsonElement input) => new(
        Text(input, "model"), Text(input, "file"), Size(input), Text(input, "header_sha256"),
        OptionalText(input, "hub_blob"), OptionalText(input, "sha256"));

    static LockedOutput ReadOutput(JsonElement output) => new(
        Text(output, "file"), Size(output), Hash(output, "xxh3_128"), OptionalText(output, "sha256"));

    static JsonElement Get(JsonElement parent, string key, JsonValueKind kind) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(key, out var value)
            && value.ValueKind == kind
            ? value : throw new FormatException($"'{key}' of kind {kind} is missing");

    static string Text(JsonElement parent, string key) => Get(parent, key, JsonValueKind.String).GetString()!;

    static string? OptionalText(JsonElement parent, string key) =>
        parent.TryGetProperty(key, out _) ? Text(parent, key) : null;

    static long Size(JsonElement parent) =>
        Get(parent, "size", JsonValueKind.Number).TryGetInt64(out var size) && size >= 0
            ? size : throw new FormatException("'size' is not a number of bytes");

    static UInt128 Hash(JsonElement parent, string key) => Text(parent, key) is { Length: 32 } text
        && UInt128.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var hash)
            ? hash : throw new FormatException($"'{key}' is not 32 hexadecimal digits");
}
