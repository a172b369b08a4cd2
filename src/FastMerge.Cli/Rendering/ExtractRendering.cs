using System.Globalization;

namespace FastMerge.Cli.Rendering;

/// <summary>An extracted adapter for people and programs.</summary>
static class ExtractRendering
{
    /// <summary>Totals, and a table of the modules that lose most.</summary>
    public static void WriteText(Session session, ExtractReport report, int top)
    {
        var (output, colors) = (session.Out, session.OutColors);
        ExtractedModule[] updated = [.. report.Modules.Where(m => m.Rank > 0)];
        Fact("adapter", Display.Name(report.Output));
        Fact("holds", $"{Display.Count(updated.Length, "module")} of rank {Ranks(updated)}, "
            + $"{Display.Count(report.Saved.Count, "tensor")} saved whole, {Display.Bytes(report.Bytes)}");
        Fact("energy", $"{Share(report.Captured)} of the differences' squared norm");
        Fact("took", Display.Time(report.Elapsed));
        output.WriteLine();
        var table = new TextTable("module", ">size", ">rank", ">energy", ">norm");
        foreach (var m in ByLoss(updated).Take(top))
            table.Add(Display.Name(m.Module), Size(m), Display.Count(m.Rank), Share(m.Captured),
                Math.Sqrt(m.Energy).ToString("G4", CultureInfo.InvariantCulture));
        table.Write(output, colors);
        if (updated.Length > top)
            output.WriteLine($"and {Display.Count(updated.Length - top)} more that lose less; --top shows more");
        foreach (var warning in report.Warnings) session.Warn(warning);

        void Fact(string name, string text) => output.WriteLine($"{colors.Bold(name.PadRight(7))} {text}");
    }

    /// <summary>An <c>extracted_module</c> event for each module, or the first few by loss, then
    /// <c>extracted</c>.</summary>
    public static void WriteJson(Session session, ExtractReport report, int? top)
    {
        foreach (var module in top is { } most ? ByLoss(report.Modules).Take(most) : report.Modules)
            session.Json.Write("extracted_module", json =>
            {
                json.WriteString("module", module.Module);
                json.WriteNumber("rows", module.Rows);
                json.WriteNumber("columns", module.Columns);
                json.WriteNumber("experts", module.Experts);
                json.WriteNumber("rank", module.Rank);
                json.WriteNumber("energy", module.Energy);
                json.WriteNumber("captured", module.Captured);
            });
        session.Json.Write("extracted", json =>
        {
            json.WriteString("output", report.Output);
            json.WriteNumber("modules", report.Modules.Count(m => m.Rank > 0));
            json.WriteNumber("captured", report.Captured);
            json.WriteNumber("bytes", report.Bytes);
            json.WriteNumber("elapsed_seconds", report.Elapsed.TotalSeconds);
            json.WriteStrings("saved", report.Saved);
            json.WriteStrings("left", report.Left);
            json.WriteStrings("warnings", report.Warnings);
        });
    }

    static IEnumerable<ExtractedModule> ByLoss(IEnumerable<ExtractedModule> modules) =>
        modules.OrderByDescending(m => m.Energy * (1 - m.Captured));

    static string Ranks(ExtractedModule[] modules) => (modules.Min(m => m.Rank), modules.Max(m => m.Rank)) is var (a, b)
        && a == b ? $"{a}" : $"{modules.Min(m => m.Rank)} to {modules.Max(m => m.Rank)}";

    static string Size(ExtractedModule module) =>
        (module.Experts > 1 ? $"{module.Experts} x " : "") + $"{module.Rows} x {module.Columns}";

    static string Share(double part) => (100 * part).ToString("0.##", CultureInfo.InvariantCulture) + " %";
}
