using System.CommandLine;
using System.Globalization;
using FastMerge.Cli.Parsing;
using FastMerge.Cli.Rendering;

namespace FastMerge.Cli.Commands;

/// <summary><c>fastmerge bench</c>.</summary>
sealed class BenchCommand : CliCommand
{
    readonly Option<string?> _folder = new("--folder")
    {
        Description = "Measure the disk of this folder too, with a temporary file of half a gigabyte",
        HelpName = "FOLDER",
    };
    readonly Option<int?> _threads = Choice.Whole(
        "--threads", "Threads of the parallel figures (default one for each processor)", 1, "-j");

    public BenchCommand() : base("bench",
        "Measures memory, disk and kernels, and how much of the memory's speed the kernels reach.",
        "fastmerge bench", "fastmerge bench --folder /data --json")
    {
        AddGroup("Measuring", _folder, _threads);
        AddPrinting();
    }

    /// <inheritdoc/>
    public override Task<int> RunAsync(ParseResult parse, Session session, CancellationToken cancellation)
    {
        var options = new BenchmarkOptions { Folder = parse.GetValue(_folder), Threads = parse.GetValue(_threads) };
        session.Narrate("3 bfloat16 models and a base of 16 Mi elements; bytes read and written; best of several runs");
        foreach (var backend in session.Service.Backends())
            if (backend.Matrices is { } library) session.Narrate($"matrices on {backend.Name}: {library}");
        var print = session.IsJson ? JsonPrinter(session) : TextPrinter(session);
        foreach (var figure in session.Service.Bench(options, cancellation)) print(figure);
        return Task.FromResult(0);
    }

    static Action<BenchmarkFigure> TextPrinter(Session session)
    {
        session.Out.WriteLine(session.OutColors.Bold(
            $"{"kind",-16}  {"what",-16}  threads  {"speed",12}  of memory"));
        return figure =>
        {
            var ratio = figure.Ratio?.ToString("0.00", CultureInfo.InvariantCulture);
            session.Out.WriteLine($"{figure.Kind,-16}  {figure.Name,-16}  {figure.Threads,7}  "
                + $"{Display.Rate(figure.BytesPerSecond),12}  {ratio,9}".TrimEnd());
            session.Out.Flush();
        };
    }

    static Action<BenchmarkFigure> JsonPrinter(Session session) => figure => session.Json.Write("figure", json =>
    {
        json.WriteString("kind", figure.Kind);
        json.WriteString("name", figure.Name);
        json.WriteNumber("threads", figure.Threads);
        json.WriteNumber("bytes_per_second", Math.Round(figure.BytesPerSecond));
        if (figure.Ratio is { } ratio) json.WriteNumber("ratio", Math.Round(ratio, 4));
        else json.WriteNull("ratio");
    });
}
