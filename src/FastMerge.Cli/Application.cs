using System.CommandLine;
using FastMerge.Cli.Commands;
using FastMerge.Cli.Parsing;
using FastMerge.Cli.Rendering;

namespace FastMerge.Cli;

/// <summary>The command line: parses, runs one command, turns failures into exit codes.</summary>
sealed class Application
{
    readonly Terminal _terminal;
    readonly IMergeService _service;
    readonly RootCommand _root = new("Merges model checkpoints, out of core and at memory speed.");
    readonly Option<bool> _help = Choice.Switch("--help", "Show this help", "-h");
    readonly Option<bool> _version = Choice.Switch("--version", "Show the version and the instruction set in use");

    public Application(Terminal terminal, IMergeService service)
    {
        (_terminal, _service) = (terminal, service);
        _help.Recursive = true;
        _root.Options.Clear();
        _root.Directives.Clear();
        _root.Add(_help);
        _root.Add(_version);
        foreach (var command in CreateCommands()) _root.Add(command);
    }

    /// <summary>The commands, in the order of the help.</summary>
    public IEnumerable<CliCommand> Commands => _root.Subcommands.OfType<CliCommand>();

    /// <summary>Runs a command line; the result is the exit code.</summary>
    public async Task<int> RunAsync(IReadOnlyList<string> args)
    {
        using var interruption = new Interruption(_terminal.Error);
        var session = new Session(_terminal, _service, ColorMode.Auto, args.Contains("--json"), false);
        try
        {
            var parse = _root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
            if (TryShow(parse, session) is { } shown) return shown;
            if (UsageErrors.Find(parse, args) is { } error) return session.Fail(2, "usage", error);
            var command = (CliCommand)parse.CommandResult.Command;
            session = command.Open(parse, _terminal, _service);
            return await command.RunAsync(parse, session, interruption.Token);
        }
        catch (Exception e)
        {
            return Failures.Report(session, e, interruption.Signal);
        }
        finally
        {
            await _terminal.Out.FlushAsync();
            await _terminal.Error.FlushAsync();
        }
    }

    static CliCommand[] CreateCommands() =>
    [
        new MergeCommand(), new PlanCommand(), new InspectCommand(), new DiffCommand(), new SpectrumCommand(),
        new ExtractLoraCommand(), new VerifyCommand(), new MethodsCommand(), new RecipeCommand(), new DevicesCommand(),
        new BenchCommand(), new MergekitCommand(),
    ];

    int? TryShow(ParseResult parse, Session session)
    {
        var help = new HelpText(_terminal.Width, session.OutColors);
        if (parse.GetValue(_help))
        {
            _terminal.Out.Write(parse.CommandResult.Command is CliCommand command
                ? help.OfCommand(command) : help.OfProgram(_root.Description!, Commands, [_help, _version]));
            return 0;
        }
        if (parse.GetValue(_version))
        {
            var cpu = _service.Backends().First(b => b.Name == "cpu");
            _terminal.Out.WriteLine($"fastmerge {ProgramVersion.Text} ({cpu.Device ?? cpu.Reason})");
            return 0;
        }
        if (parse.Tokens.Count > 0) return null;
        _terminal.Error.Write(help.OfProgram(_root.Description!, Commands, [_help, _version]));
        return 2;
    }
}
