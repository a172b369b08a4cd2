using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using FastMerge.Core;

namespace FastMerge.Checkpoint;

/// <summary>Edits config.json: what is not edited keeps its bytes, order and number format.</summary>
sealed class ConfigEditor
{
    static readonly string[] DTypeKeys = ["dtype", "torch_dtype"];

    readonly JsonObject _config;
    byte[] _text;

    /// <summary>Starts from the text of a configuration; it must be a valid JSON object.</summary>
    public ConfigEditor(ReadOnlySpan<byte> text, string path)
    {
        _config = JsonText.ParseObject(text, path);
        _text = text.ToArray();
    }

    /// <summary>The text as edited so far.</summary>
    public byte[] ToBytes() => [.. _text];

    /// <summary>
    /// Writes the element type into whichever of <c>dtype</c> and <c>torch_dtype</c> is there, also in nested
    /// configurations such as <c>text_config</c>.
    /// </summary>
    public void SetDType(DType dtype)
    {
        if (TorchName(dtype) is not { } name) return;
        foreach (var key in DTypeKeys)
        {
            if (_config.ContainsKey(key) && _config[key] is null or JsonValue) Replace($"\"{name}\"", key);
            foreach (var (nested, value) in _config)
            {
                var isModel = nested.EndsWith("_config", StringComparison.Ordinal) && nested != "quantization_config";
                if (isModel && value is JsonObject inner && inner[key] is JsonValue)
                    Replace($"\"{name}\"", nested, key);
            }
        }
    }

    /// <summary>Writes the vocabulary size wherever the configuration has one; false if it has none.</summary>
    public bool SetVocabSize(long rows)
    {
        var text = rows.ToString(CultureInfo.InvariantCulture);
        return Replace(text, "vocab_size") | Replace(text, "text_config", "vocab_size");
    }

    /// <summary>
    /// Writes whether the head is tied to the embedding, wherever the configuration says so; if it does so nowhere,
    /// the outer object gets the key.
    /// </summary>
    public void SetTied(bool tied)
    {
        const string Key = "tie_word_embeddings";
        var text = tied ? "true" : "false";
        if (!(Replace(text, Key) | Replace(text, "text_config", Key))) Set(Key, text);
    }

    /// <summary>The configuration as edited so far.</summary>
    public JsonObject Current() => JsonText.ParseObject(_text, "the edited config.json");

    /// <summary>Replaces the value of a key of the outer object with JSON text, or adds the key at the end.</summary>
    public void Set(string key, string json) => Set([key], json);

    /// <summary>Replaces the value at a path with JSON text, or adds the key at the end of its object.</summary>
    /// <param name="path">Keys from the outer object on; all but the last must be there.</param>
    /// <param name="json">The value.</param>
    public void Set(ReadOnlySpan<string> path, string json)
    {
        if (Replace(json, path)) return;
        var start = path.Length == 1 ? 0 : JsonSpans.Find(JsonText.MaskNonFinite(_text), path[..^1])!.Value.ValueStart;
        var property = JsonValue.Create(path[^1]).ToJsonString() + ": " + json;
        if (JsonSpans.Content(JsonText.MaskNonFinite(_text.AsSpan(start))) is not { } content)
        {
            var brace = start + _text.AsSpan(start).IndexOf((byte)'{') + 1;
            Splice(brace, brace, property);
            return;
        }
        var (first, end) = (start + content.FirstStart, start + content.LastEnd);
        var separatorStart = first;
        while (IsSpace(_text[separatorStart - 1])) separatorStart--;
        var separator = Encoding.UTF8.GetString(_text.AsSpan(separatorStart..first));
        Splice(end, end, "," + separator + property);
    }

    /// <summary>Replaces the list at a path, laid out as the old one: on one line, or a line an entry.</summary>
    /// <param name="path">Keys from the outer object on.</param>
    /// <param name="items">The entries as JSON text.</param>
    public void SetList(ReadOnlySpan<string> path, IReadOnlyCollection<string> items)
    {
        var span = JsonSpans.Find(JsonText.MaskNonFinite(_text), path)!.Value;
        var (first, last) = (span.ValueStart + 1, span.ValueEnd - 1);
        while (IsSpace(_text[first])) first++;
        while (IsSpace(_text[last - 1])) last--;
        var lead = Encoding.UTF8.GetString(_text.AsSpan((span.ValueStart + 1)..first));
        var tail = Encoding.UTF8.GetString(_text.AsSpan(Math.Max(first, last)..(span.ValueEnd - 1)));
        var separator = lead.Contains('\n', StringComparison.Ordinal) ? "," + lead : ", ";
        Replace(items.Count == 0 ? "[]" : $"[{lead}{string.Join(separator, items)}{tail}]", path);
    }

    /// <summary>Removes a key of the outer object with the comma that belongs to it; false if it is absent.</summary>
    public bool Remove(string key)
    {
        if (JsonSpans.Find(JsonText.MaskNonFinite(_text), [key]) is not { } span) return false;
        var (start, end) = (span.PropertyStart, span.ValueEnd);
        var next = end;
        while (IsSpace(_text[next])) next++;
        if (_text[next] == (byte)',')
        {
            for (end = next + 1; IsSpace(_text[end]);) end++;
        }
        else
        {
            while (IsSpace(_text[start - 1])) start--;
            if (_text[start - 1] == (byte)',') start--;
        }
        Splice(start, end, "");
        return true;
    }

    /// <summary>PyTorch's name of an element type; null for types that no configuration names.</summary>
    public static string? TorchName(DType dtype) => dtype switch
    {
        DType.F64 => "float64",
        DType.F32 => "float32",
        DType.F16 => "float16",
        DType.BF16 => "bfloat16",
        DType.F8_E4M3 => "float8_e4m3fn",
        DType.F8_E5M2 => "float8_e5m2",
        _ => null,
    };

    bool Replace(string json, params ReadOnlySpan<string> path)
    {
        if (JsonSpans.Find(JsonText.MaskNonFinite(_text), path) is not { } span) return false;
        Splice(span.ValueStart, span.ValueEnd, json);
        return true;
    }

    void Splice(int start, int end, string text) =>
        _text = [.. _text.AsSpan(0, start), .. Encoding.UTF8.GetBytes(text), .. _text.AsSpan(end)];

    static bool IsSpace(byte value) => value is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n';
}
