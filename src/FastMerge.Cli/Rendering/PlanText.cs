using System.Globalization;

namespace FastMerge.Cli.Rendering;

/// <summary>A plan for people.</summary>
static class PlanText
{
    /// <summary>Prints it.</summary>
    public static void Write(Session session, MergePlan plan, bool allTensors)
    {
        var (output, colors) = (session.Out, session.OutColors);
        Fact("method", plan.Method);
        if (plan.Base is not null) Fact("base", Display.Name(plan.Base));
        Fact("models", Display.Names(plan.Models));
        Fact("donor", $"{Display.Name(plan.Donor)} (config and tokenizer)");
        if (plan.Stages.Count > 0) Fact("stages", $"{Display.Names(plan.Stages)} (computed when they are read)");
        Fact("names", plan.Family ?? "of no known family: layers and roles are found by general rules");
        Fact("output", $"{Display.Count(plan.Tensors, "tensor")}, {Display.Parameters(plan.Parameters)} parameters, "
            + $"{Display.Bytes(plan.OutputBytes)} in {Display.Count(plan.Shards.Count, "file")}");
        Fact("input", $"{Display.Bytes(plan.InputBytes)} to read");
        Fact("memory", $"{Display.Bytes(plan.PeakMemoryBytes)} at most, of {Display.Bytes(plan.MemoryBytes)}; "
            + $"chunks of {Display.Bytes(plan.ChunkBytes)}");
        if (plan.Disk is { } disk)
        {
            var verdict = disk.Needed > disk.Free ? colors.Red(" (not enough)") : "";
            Fact("disk", $"{Display.Bytes(disk.Needed)} needed, {Display.Bytes(disk.Free)} free{verdict}");
        }
        Fact("runs on", $"{plan.Backend}, {Display.Count(plan.Threads, "thread")}; seed {plan.Seed}");
        if (plan.Matrices is { } m)
        {
            Fact("matrices", $"{Display.Count(m.Tensors, "tensor")}, {Display.Bytes(m.MemoryBytes)}, "
                + $"{m.SingleOperations:0.0e0} operations in fp32 and {m.DoubleOperations:0.0e0} in fp64");
            Fact("time", $"about {Display.Time(TimeSpan.FromSeconds(m.Seconds))} for matrices, beside reading and "
                + $"writing: {m.Library} with {Display.Count(m.Threads, "thread")} does {m.SingleSpeed / 1e9:0} and "
                + $"{m.DoubleSpeed / 1e9:0} Gflop/s in products, measured now");
        }
        output.WriteLine();
        if (plan.Phases.Count > 0)
        {
            Phases(plan).Write(output, colors);
            output.WriteLine();
        }
        Groups(plan).Write(output, colors);
        output.WriteLine();
        (allTensors ? Tensors(plan) : TensorGroups(plan)).Write(output, colors);
        output.WriteLine();
        Shards(plan).Write(output, colors);
        if (plan.Warnings.Count > 0) output.WriteLine();
        foreach (var warning in plan.Warnings) output.WriteLine($"{colors.Yellow("warning:")} {Display.Name(warning)}");

        void Fact(string name, string text) => output.WriteLine($"{colors.Bold(name.PadRight(8))} {text}");
    }

    static TextTable Groups(MergePlan plan)
    {
        var table = new TextTable("passes", ">tensors", ">read", ">written", "for example");
        foreach (var g in plan.Groups)
            table.Add(g.Passes, Display.Count(g.Tensors), Display.Bytes(g.InputBytes), Display.Bytes(g.OutputBytes),
                Display.Name(g.Example));
        return table;
    }

    static TextTable Phases(MergePlan plan)
    {
        var table = new TextTable("phases before the first tensor", ">tensors", ">parameters", ">readings", ">read");
        foreach (var p in plan.Phases)
            table.Add(Staged(p.Stage, $"{p.Method}, {p.Pass} over the model"), Display.Count(p.Tensors),
                Display.Parameters(p.Parameters), Display.Count(p.Readings), Display.Bytes(p.InputBytes));
        return table;
    }

    static TextTable TensorGroups(MergePlan plan)
    {
        var table = new TextTable("tensors", ">number", "role", "method", "values", "from");
        foreach (var g in plan.TensorGroups)
            table.Add(Staged(g.Stage, g.Names), Display.Count(g.Tensors), g.Role, Method(g.Method, g.Passes),
                Display.Name(g.Values), Display.Name(g.Sources));
        return table;
    }

    static TextTable Tensors(MergePlan plan)
    {
        var table = new TextTable("tensor", "dtype", "shape", "role", "method", "values", "from");
        foreach (var t in plan.TensorPlans)
            table.Add(Staged(t.Stage, t.Name), t.DType, $"[{string.Join(", ", t.Shape)}]", t.Role,
                Method(t.Method, t.Passes), Display.Name(string.Join(' ', t.Values.Select(Value))),
                string.Join(", ", t.Sources.Select(s => Source(s, t))));
        return table;
    }

    static string Staged(string? stage, string name) =>
        stage is null ? Display.Name(name) : $"{Display.Name(stage)}: {Display.Name(name)}";

    static string Method(string method, string passes) => passes == "copy" ? $"{method} (copy)" : method;

    static string Value(TensorPlanValue value) => $"{value.Name}="
        + (value.Word ?? string.Join(',', value.Numbers.Select(n => n.ToString("G15", CultureInfo.InvariantCulture))));

    static string Source(TensorPlanSource source, TensorPlan tensor) => Display.Name(source.Model)
        + (source.IsBase ? " (base)" : "") + (source.Tensor == tensor.Name ? "" : $" {Display.Name(source.Tensor)}");

    static TextTable Shards(MergePlan plan)
    {
        var table = new TextTable("file", ">tensors", ">size");
        foreach (var s in plan.Shards)
            table.Add(Display.Name(s.FileName), Display.Count(s.Tensors), Display.Bytes(s.Bytes));
        return table;
    }
}
