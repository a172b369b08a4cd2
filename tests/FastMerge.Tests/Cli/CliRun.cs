using System.Text.Json;
using FastMerge.Cli;

namespace FastMerge.Tests.Cli;

/// <summary>The result of a command line that ran in this process.</summary>
sealed record CliRun(int Exit, string Out, string Error, FakeService Service)
{
    public string[] OutLines => Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public string[] ErrorLines => Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public IReadOnlyList<JsonElement> Json => [.. OutLines.Select(line => JsonDocument.Parse(line).RootElement)];

    public static Task<CliRun> Of(params string[] args) => Of(new FakeService(), args);

    public static Task<CliRun> Of(FakeService service, params string[] args) => Of(service, t => t, args);

    public static async Task<CliRun> Of(FakeService service, Func<Terminal, Terminal> change, params string[] args)
    {
        var (exit, output, error) = await With(service, change, args);
        return new(exit, output, error, service);
    }

    /// <summary>Runs with the library itself.</summary>
    public static Task<(int Exit, string Out, string Error)> WithLibrary(params string[] args) =>
        With(new LibraryService(), t => t, args);

    static async Task<(int, string, string)> With(
        IMergeService service, Func<Terminal, Terminal> change, string[] args)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var terminal = change(new Terminal { Out = output, Error = TextWriter.Synchronized(error) });
        var exit = await new Application(terminal, service).RunAsync(args);
        return (exit, output.ToString(), error.ToString());
    }
}
