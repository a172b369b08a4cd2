namespace FastMerge.Cli.Rendering;

/// <summary>The result of a verification for people and programs.</summary>
static class VerificationRendering
{
    /// <summary>A line for each file and a verdict.</summary>
    public static void WriteText(Session session, VerificationReport report)
    {
        foreach (var note in report.Notes) session.Warn(note);
        if (session.IsQuiet) return;
        var table = new TextTable("file", ">checked", "verdict");
        foreach (var f in report.Files)
            table.Add(Display.Name(f.Name), Display.Bytes(f.Bytes), Display.Name(f.Problem ?? "good"));
        table.Write(session.Out, session.OutColors);
        if (!report.IsGood) return;
        var what = report.HasLock
            ? "all hashes match"
            : "headers and index agree; there is no lock to hold the data against";
        session.Out.WriteLine($"{session.OutColors.Green("good:")} {what} "
            + $"({Display.Bytes(report.Files.Sum(f => f.Bytes))} in {Display.Time(report.Elapsed)})");
    }

    /// <summary>A <c>verified</c> event.</summary>
    public static void WriteJson(Session session, VerificationReport report) => session.Json.Write("verified", json =>
    {
        json.WriteString("folder", report.Folder);
        json.WriteBoolean("good", report.IsGood);
        json.WriteBoolean("has_lock", report.HasLock);
        json.WriteObjects("files", report.Files, f =>
        {
            json.WriteString("file", f.Name);
            json.WriteNumber("bytes", f.Bytes);
            json.WriteString("problem", f.Problem);
        });
        json.WriteStrings("notes", report.Notes);
        json.WriteNumber("elapsed_seconds", Math.Round(report.Elapsed.TotalSeconds, 3));
    });
}
