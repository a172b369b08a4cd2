using System.Globalization;
using System.Text.Json;

namespace FastMerge.Cli.Rendering;

/// <summary>A checkpoint for people and programs.</summary>
static class CheckpointRendering
{
    /// <summary>Totals, files, element types and, if asked for, tensors.</summary>
    public static void WriteText(Session session, CheckpointInfo info, bool tensors)
    {
        var (output, colors) = (session.Out, session.OutColors);
        Fact("model", Display.Name(info.Model));
        if (info.Folder != info.Model) Fact("folder", Display.Name(info.Folder));
        if (info.Commit is not null) Fact("commit", info.Commit);
        if (info.Architecture is not null) Fact("type", Display.Name(info.Architecture));
        if (info.Adapter is { } adapter)
        {
            Fact("adapter", $"{adapter.Kind}, rank {List(adapter.Ranks)}, scale {List(adapter.Scales)}, "
                + $"{Display.Count(adapter.Modules, "module")}, {adapter.Saved} saved whole");
            if (adapter.Base is not null) Fact("base", Display.Name(adapter.Base));
        }
        Fact("holds", $"{Display.Count(info.Tensors.Count, "tensor")}, "
            + $"{Display.Parameters(info.Parameters)} parameters, {Display.Bytes(info.Bytes)} "
            + $"in {Display.Count(info.Files.Count, "file")}");
        if (info.DTypes.Count > 0)
        {
            output.WriteLine();
            DTypes(info).Write(output, colors);
        }
        output.WriteLine();
        Files(info).Write(output, colors);
        if (tensors)
        {
            output.WriteLine();
            Tensors(info).Write(output, colors);
        }
        foreach (var warning in info.Warnings) session.Warn(warning);

        void Fact(string name, string text) => output.WriteLine($"{colors.Bold(name.PadRight(7))} {text}");
    }

    static string List<T>(IEnumerable<T> values) where T : IFormattable =>
        string.Join(", ", values.Select(v => v.ToString("G6", CultureInfo.InvariantCulture)));

    /// <summary>A <c>checkpoint</c> event, then <c>tensor</c> events if asked for.</summary>
    public static void WriteJson(Session session, CheckpointInfo info, bool tensors)
    {
        session.Json.Write("checkpoint", json =>
        {
            json.WriteString("model", info.Model);
            json.WriteString("folder", info.Folder);
            json.WriteString("commit", info.Commit);
            json.WriteString("architecture", info.Architecture);
            if (info.Adapter is { } adapter) WriteAdapter(json, adapter);
            json.WriteNumber("tensors", info.Tensors.Count);
            json.WriteNumber("parameters", info.Parameters);
            json.WriteNumber("bytes", info.Bytes);
            json.WriteObjects("dtypes", info.DTypes, d =>
            {
                json.WriteString("dtype", d.DType.ToString());
                json.WriteNumber("tensors", d.Tensors);
                json.WriteNumber("parameters", d.Parameters);
                json.WriteNumber("bytes", d.Bytes);
            });
            json.WriteObjects("files", info.Files, f =>
            {
                json.WriteString("file", f.Name);
                json.WriteNumber("tensors", f.Tensors);
                json.WriteNumber("bytes", f.Bytes);
                json.WriteString("header_sha256", f.HeaderSha256);
                json.WriteObjects("metadata", f.Metadata, pair =>
                {
                    json.WriteString("key", pair.Key);
                    json.WriteString("value", pair.Value);
                });
            });
            json.WriteStrings("warnings", info.Warnings);
        });
        if (!tensors) return;
        foreach (var tensor in info.Tensors)
        {
            session.Json.Write("tensor", json =>
            {
                json.WriteString("name", tensor.Spec.Name);
                json.WriteString("dtype", tensor.Spec.DType.ToString());
                json.WriteStartArray("shape");
                foreach (var length in tensor.Spec.Shape) json.WriteNumberValue(length);
                json.WriteEndArray();
                json.WriteNumber("bytes", tensor.Spec.ByteCount);
                json.WriteString("file", tensor.File);
                json.WriteNumber("offset", tensor.Offset);
            });
        }
    }

    static void WriteAdapter(Utf8JsonWriter json, AdapterInfo adapter)
    {
        json.WriteStartObject("adapter");
        json.WriteString("base", adapter.Base);
        json.WriteString("kind", adapter.Kind);
        json.WriteNumber("modules", adapter.Modules);
        json.WriteNumber("saved", adapter.Saved);
        json.WriteStartArray("ranks");
        foreach (var rank in adapter.Ranks) json.WriteNumberValue(rank);
        json.WriteEndArray();
        json.WriteStartArray("scales");
        foreach (var scale in adapter.Scales) json.WriteNumberValue(scale);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    static TextTable DTypes(CheckpointInfo info)
    {
        var table = new TextTable("dtype", ">tensors", ">parameters", ">size");
        foreach (var d in info.DTypes)
            table.Add(d.DType.ToString(), Display.Count(d.Tensors), Display.Parameters(d.Parameters),
                Display.Bytes(d.Bytes));
        return table;
    }

    static TextTable Files(CheckpointInfo info)
    {
        var table = new TextTable("file", ">tensors", ">size");
        foreach (var f in info.Files) table.Add(Display.Name(f.Name), Display.Count(f.Tensors), Display.Bytes(f.Bytes));
        return table;
    }

    static TextTable Tensors(CheckpointInfo info)
    {
        var table = new TextTable("tensor", "dtype", "shape", ">size", "file");
        foreach (var t in info.Tensors)
            table.Add(Display.Name(t.Spec.Name), t.Spec.DType.ToString(), t.Spec.ShapeText,
                Display.Bytes(t.Spec.ByteCount), Display.Name(t.File));
        return table;
    }
}
