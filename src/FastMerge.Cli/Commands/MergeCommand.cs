using System.CommandLine;
using FastMerge.Cli.Parsing;
using FastMerge.Cli.Rendering;
using FastMerge.Core;

namespace FastMerge.Cli.Commands;

/// <summary><c>fastmerge merge RECIPE OUT</c>.</summary>
sealed class MergeCommand : CliCommand
{
    readonly Argument<string> _recipe = RunOptions.Recipe();
    readonly Argument<string?> _output = new("OUT")
    {
        Description = "the folder to write; not needed with --sink null|hash", Arity = ArgumentArity.ZeroOrOne,
    };
    readonly RunOptions _run = new();
    readonly Option<bool> _dryRun = Choice.Switch("--dry-run", "Show the plan, read headers only, write nothing");

    public MergeCommand() : base("merge", "Merges models as a recipe says.",
        "fastmerge merge recipe.yml merged",
        "fastmerge merge recipe.yml merged --memory 8GB --threads 16",
        "fastmerge merge recipe.yml merged --resume",
        "fastmerge merge recipe.yml --sink hash --json")
    {
        Add(_recipe);
        Add(_output);
        AddGroup("Output", [.. _run.Output, _dryRun]);
        AddGroup("Computing", _run.Computing);
        AddGroup("Checking", _run.Checking);
        AddPrinting();
    }

    /// <inheritdoc/>
    public override async Task<int> RunAsync(ParseResult parse, Session session, CancellationToken cancellation)
    {
        var recipe = RecipeSource.File(parse.GetValue(_recipe)!);
        var output = parse.GetValue(_output);
        var options = _run.Read(parse);
        if (parse.GetValue(_dryRun)) return PlanCommand.Show(session, recipe, output, options);
        return await RunAsync(session, recipe, output, options, cancellation);
    }

    /// <summary>Merges and reports.</summary>
    public static async Task<int> RunAsync(
        Session session, RecipeSource recipe, string? output, MergeOptions options, CancellationToken cancellation)
    {
        if (options.Sink == OutputSink.Folder && output is null)
            throw new FastMergeException(FailureKind.Usage,
                "merge needs OUT, the folder to write, or --sink null|hash; see fastmerge merge --help");
        if (options.Sink != OutputSink.Folder && output is not null)
            session.Warn($"{output} is not written, because --sink is not folder");
        var folder = options.Sink == OutputSink.Folder ? output : null;
        var display = MergeDisplay.For(session);
        try
        {
            var report = await display.RunAsync(
                events => session.Service.MergeAsync(recipe, folder, options, events, cancellation));
            display.Finish(report);
            return 0;
        }
        catch (OperationCanceledException e) when (folder is not null)
        {
            throw new ResumableInterruption(e);
        }
    }
}
