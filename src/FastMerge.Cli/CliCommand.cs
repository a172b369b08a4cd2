using System.CommandLine;
using FastMerge.Cli.Parsing;

namespace FastMerge.Cli;

/// <summary>A command with its options in groups, examples, and the options that all commands have.</summary>
abstract class CliCommand : Command
{
    readonly Option<bool> _json = Choice.Switch("--json", "Print JSON lines on stdout, one object a line");
    readonly Option<bool> _quiet = Choice.Switch(
        "--quiet", "No progress and no narration; warnings and errors stay", "-q");
    readonly Option<ColorMode> _color = Choice.OneOf("--color", "Colours (default auto; NO_COLOR is honoured)",
        ("auto", ColorMode.Auto), ("always", ColorMode.Always), ("never", ColorMode.Never));

    protected CliCommand(string name, string description, params string[] examples)
        : base(name, description) => Examples = examples;

    /// <summary>Command lines that show the use.</summary>
    public IReadOnlyList<string> Examples { get; }

    /// <summary>The options by the heading they have in the help.</summary>
    public List<(string Title, IReadOnlyList<Option> Options)> Groups { get; } = [];

    /// <summary>Runs the command; the result is the exit code.</summary>
    public abstract Task<int> RunAsync(ParseResult parse, Session session, CancellationToken cancellation);

    /// <summary>The session that the command's own options ask for.</summary>
    public Session Open(ParseResult parse, Terminal terminal, IMergeService service) => new(
        terminal, service, parse.GetValue(_color), parse.GetValue(_json), parse.GetValue(_quiet));

    /// <summary>Adds options under a heading.</summary>
    protected void AddGroup(string title, params Option[] options)
    {
        foreach (var option in options) Add(option);
        Groups.Add((title, options));
    }

    /// <summary>Adds the options that all commands have.</summary>
    protected void AddPrinting() => AddGroup("Printing", _json, _quiet, _color);
}
