using System.Globalization;
using System.Text;

namespace FastMerge.Checkpoint.Output;

/// <summary>The index of a sharded output, byte for byte as the reference library writes it:
/// two spaces a level, keys by code point, ASCII only, a newline at the end.</summary>
static class ShardIndexText
{
    /// <summary>The content of <see cref="ShardLayout.IndexName"/>.</summary>
    public static byte[] Write(ShardLayout layout)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{{\n  \"metadata\": {{\n    \"total_size\": {layout.TotalBytes}\n");
        text.Append("  },\n  \"weight_map\": {");
        var separator = "\n";
        foreach (var (name, file) in Entries(layout))
        {
            text.Append(separator).Append("    ");
            AppendString(text, name);
            text.Append(": ");
            AppendString(text, file);
            separator = ",\n";
        }
        text.Append(layout.Tensors.Count == 0 ? "}" : "\n  }").Append("\n}\n");
        return Encoding.ASCII.GetBytes(text.ToString());
    }

    static List<(string Name, string File)> Entries(ShardLayout layout)
    {
        var entries = layout.Shards
            .SelectMany(shard => shard.Tensors.Select(tensor => (layout.Tensors[tensor].Name, shard.Name))).ToList();
        entries.Sort((a, b) => Utf8Order.Compare(a.Item1, b.Item1));
        return entries;
    }

    static void AppendString(StringBuilder text, string value)
    {
        text.Append('"');
        foreach (var c in value)
        {
            _ = c switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append("\\\\"),
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                '\t' => text.Append("\\t"),
                '\b' => text.Append("\\b"),
                '\f' => text.Append("\\f"),
                >= ' ' and <= '~' => text.Append(c),
                _ => text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
            };
        }
        text.Append('"');
    }
}
