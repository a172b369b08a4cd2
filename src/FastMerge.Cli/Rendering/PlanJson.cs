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
        json.WriteString("family", plan.Family);
        json.WriteStrings("stages", plan.Stages);
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
        WriteMatrices(json, plan.Matrices);
        WriteDisk(json, plan.Disk);
        json.WriteObjects("groups", plan.Groups, group =>
        {
            json.WriteString("passes", group.Passes);
            json.WriteNumber("tensors", group.Tensors);
            json.WriteNumber("input_bytes", group.InputBytes);
            json.WriteNumber("output_bytes", group.OutputBytes);
            json.WriteString("example", group.Example);
        });
        json.WriteObjects("phases", plan.Phases, phase =>
        {
            json.WriteString("stage", phase.Stage);
            json.WriteString("method", phase.Method);
            json.WriteString("pass", phase.Pass);
            json.WriteNumber("tensors", phase.Tensors);
            json.WriteNumber("parameters", phase.Parameters);
            json.WriteNumber("readings", phase.Readings);
            json.WriteNumber("input_bytes", phase.InputBytes);
        });
        json.WriteObjects("tensor_groups", plan.TensorGroups, group =>
        {
            json.WriteString("names", group.Names);
            json.WriteString("stage", group.Stage);
            json.WriteNumber("tensors", group.Tensors);
            json.WriteString("role", group.Role);
            json.WriteString("method", group.Method);
            json.WriteString("passes", group.Passes);
            json.WriteString("values", group.Values);
            json.WriteString("sources", group.Sources);
        });
        json.WriteObjects("shards", plan.Shards, shard =>
        {
            json.WriteString("file", shard.FileName);
            json.WriteNumber("tensors", shard.Tensors);
            json.WriteNumber("bytes", shard.Bytes);
        });
        json.WriteStrings("warnings", plan.Warnings);
    }

    /// <summary>Writes the properties of a <c>planned_tensor</c> event.</summary>
    public static void Write(Utf8JsonWriter json, TensorPlan tensor)
    {
        json.WriteString("name", tensor.Name);
        json.WriteString("stage", tensor.Stage);
        json.WriteString("dtype", tensor.DType);
        json.WriteStartArray("shape");
        foreach (var size in tensor.Shape) json.WriteNumberValue(size);
        json.WriteEndArray();
        json.WriteString("role", tensor.Role);
        WriteNumber(json, "layer", tensor.Layer);
        WriteNumber(json, "expert", tensor.Expert);
        json.WriteString("method", tensor.Method);
        json.WriteString("passes", tensor.Passes);
        json.WriteObjects("sources", tensor.Sources, source =>
        {
            json.WriteString("model", source.Model);
            json.WriteString("tensor", source.Tensor);
            json.WriteBoolean("base", source.IsBase);
        });
        json.WriteObjects("values", tensor.Values, value =>
        {
            json.WriteString("parameter", value.Name);
            if (value.Word is not null) json.WriteString("word", value.Word);
            json.WriteStartArray("numbers");
            foreach (var number in value.Numbers) json.WriteNumberValue(number);
            json.WriteEndArray();
        });
    }

    static void WriteNumber(Utf8JsonWriter json, string name, int? number)
    {
        if (number is { } value) json.WriteNumber(name, value);
        else json.WriteNull(name);
    }

    static void WriteMatrices(Utf8JsonWriter json, PlannedMatrices? matrices)
    {
        if (matrices is not { } m) return;
        json.WriteStartObject("matrices");
        json.WriteNumber("tensors", m.Tensors);
        json.WriteNumber("memory_bytes", m.MemoryBytes);
        json.WriteNumber("fp32_operations", m.SingleOperations);
        json.WriteNumber("fp64_operations", m.DoubleOperations);
        json.WriteNumber("fp32_operations_per_second", m.SingleSpeed);
        json.WriteNumber("fp64_operations_per_second", m.DoubleSpeed);
        json.WriteNumber("seconds", m.Seconds);
        json.WriteString("library", m.Library);
        json.WriteNumber("threads", m.Threads);
        json.WriteEndObject();
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
