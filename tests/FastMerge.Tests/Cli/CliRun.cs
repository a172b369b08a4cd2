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
        var (output, error) = (new StringWriter(), new StringWriter());
        var terminal = change(new Terminal { Out = output, Error = TextWriter.Synchronized(error) });
        var exit = await new Application(terminal, service).RunAsync(args);
        return new(exit, output.ToString(), error.ToString(), service);
    }
}
