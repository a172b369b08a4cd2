using System.CommandLine;
using FastMerge.Cli.Rendering;

namespace FastMerge.Cli.Commands;

/// <summary><c>fastmerge devices</c>.</summary>
sealed class DevicesCommand : CliCommand
{
    public DevicesCommand() : base("devices", "Lists what can compute here, and why the rest cannot.",
        "fastmerge devices") => AddPrinting();

    /// <inheritdoc/>
    public override Task<int> RunAsync(ParseResult parse, Session session, CancellationToken cancellation)
    {
        var backends = session.Service.Backends();
        if (session.IsJson)
        {
            foreach (var backend in backends) WriteJson(session, backend);
            return Task.FromResult(0);
        }
        var table = new TextTable("backend", "available", ">threads", "device");
        foreach (var b in backends)
            table.Add(b.Name, b.Available ? "yes" : "no", b.Available ? Display.Count(b.Threads) : "-",
                Display.Name(b.Reason ?? Device(b)));
        table.Write(session.Out, session.OutColors);
        foreach (var b in backends)
            if (b.Matrices is { } library) session.Out.WriteLine($"\nmatrices on {b.Name}: {Display.Name(library)}");
        return Task.FromResult(0);
    }

    static string Device(BackendInfo backend)
    {
        var others = backend.Targets.Where(t => t != backend.Device).ToArray();
        return backend.Device + (others.Length == 0 ? "" : $" (also {string.Join(", ", others)})");
    }

    static void WriteJson(Session session, BackendInfo backend) => session.Json.Write("device", json =>
    {
        json.WriteString("backend", backend.Name);
        json.WriteBoolean("available", backend.Available);
        json.WriteString("device", backend.Device);
        json.WriteStrings("targets", backend.Targets);
        json.WriteNumber("threads", backend.Threads);
        json.WriteString("reason", backend.Reason);
        json.WriteString("matrices", backend.Matrices);
    });
}
