using System.Text.Json;
using FastMerge.Core;

namespace FastMerge.Checkpoint.Output;

/// <summary>The exclusive use of an output folder, and the facts about who has it.</summary>
static class OutputHold
{
    const int MaxRunBytes = 1 << 20;

    /// <summary>Takes the lock of the folder or fails, naming the holder.</summary>
    public static IDisposable Take(OutputSite site) =>
        site.Storage.TryLock(site.StateAt(OutputNames.Hold)) ?? throw new FastMergeException(
            FailureKind.OutputInUse, $"output '{DisplayText.Escape(site.Folder)}' is in use{Holder(site)}; "
            + "wait for it or choose another folder");

    /// <summary>Writes who is at work; only people read it.</summary>
    public static void Describe(OutputSite site)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            json.WriteStartObject();
            json.WriteNumber("pid", Environment.ProcessId);
            json.WriteString("host", Environment.MachineName);
            foreach (var (name, value) in site.Request.RunInfo) json.WriteString(name, value);
            json.WriteEndObject();
        }
        using var file = site.Storage.OpenWrite(site.StateAt(OutputNames.Run));
        file.Truncate(stream.Length);
        file.Write(0, stream.ToArray());
    }

    static string Holder(OutputSite site)
    {
        try
        {
            using var file = site.Storage.OpenRead(site.StateAt(OutputNames.Run));
            var content = new byte[Math.Min(file.Stat().Length, MaxRunBytes)];
            file.Read(0, content);
            using var document = JsonDocument.Parse(content);
            var root = document.RootElement;
            var host = DisplayText.Escape(root.GetProperty("host").GetString() ?? "");
            return $" by process {root.GetProperty("pid").GetInt64()} on {host}";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException
            or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            // The holder may be about to write it; the lock alone decides.
            return "";
        }
    }
}
