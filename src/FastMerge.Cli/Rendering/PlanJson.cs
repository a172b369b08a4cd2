using System.Text.Json;

namespace FastMerge.Cli.Rendering;

/// <summary>A plan as a JSON line.</summary>
static class PlanJson
{
    /// <summary>Writes the properties of the <c>plan</c> event.</summary>
    public static void Write(Utf8JsonWriter json, MergePlan plan)
    {
        json.WriteString("method", plan.Method);
        json.WriteString("base", plan.Base);
        json.WriteStrings("models", plan.Models);
        json.WriteString("donor", plan.Donor);
        json.WriteNumber("tensors", plan.Tensors);
        json.WriteNumber("parameters", plan.Parameters);
        json.WriteNumber("input_bytes", plan.InputBytes);
        json.WriteNumber("output_bytes", plan.OutputBytes);
        json.WriteNumber("memory_bytes", plan.MemoryBytes);
        json.WriteNumber("peak_memory_bytes", plan.PeakMemoryBytes);
        json.WriteNumber("chunk_bytes", plan.ChunkBytes);
        json.WriteNumber("threads", plan.Threads);
        json.WriteString("backend", plan.Backend);
        json.WriteNumber("seed", plan.Seed);
        WriteDisk(json, plan.Disk);
        json.WriteObjects("groups", plan.Groups, group =>
        {
            json.WriteString("passes", group.Passes);
            json.WriteNumber("tensors", group.Tensors);
            json.WriteNumber("input_bytes", group.InputBytes);
            json.WriteNumber("output_bytes", group.OutputBytes);
            json.WriteString("example", group.Example);
        });
        json.WriteObjects("shards", plan.Shards, shard =>
        {
            json.WriteString("file", shard.FileName);
            json.WriteNumber("tensors", shard.Tensors);
            json.WriteNumber("bytes", shard.Bytes);
        });
        json.WriteStrings("warnings", plan.Warnings);
    }

    static void WriteDisk(Utf8JsonWriter json, DiskNeed? disk)
    {
        if (disk is null)
        {
            json.WriteNull("disk");
            return;
        }
        json.WriteStartObject("disk");
        json.WriteNumber("needed_bytes", disk.Needed);
        json.WriteNumber("free_bytes", disk.Free);
        json.WriteEndObject();
    }
}
