using System.CommandLine;
using FastMerge.Cli.Parsing;
using FastMerge.Cli.Rendering;

namespace FastMerge.Cli.Commands;

/// <summary><c>fastmerge plan RECIPE [OUT]</c>.</summary>
sealed class PlanCommand : CliCommand
{
    readonly Argument<string> _recipe = RunOptions.Recipe();
    readonly Argument<string?> _output = new("OUT")
    {
        Description = "the folder that merge would write, to compare its space with what is free",
        Arity = ArgumentArity.ZeroOrOne,
    };
    readonly RunOptions _run = new();

    public PlanCommand() : base("plan", "Shows what a merge would read, compute and write; reads headers only.",
        "fastmerge plan recipe.yml merged --memory 8GB")
    {
        Add(_recipe);
        Add(_output);
        AddGroup("Output", _run.Output);
        AddGroup("Computing", _run.Computing);
        AddGroup("Checking", _run.Checking);
        AddPrinting();
    }

    /// <inheritdoc/>
    public override Task<int> RunAsync(ParseResult parse, Session session, CancellationToken cancellation) =>
        Task.FromResult(Show(
            session, RecipeSource.File(parse.GetValue(_recipe)!), parse.GetValue(_output), _run.Read(parse)));

    /// <summary>Prints the plan.</summary>
    public static int Show(Session session, RecipeSource recipe, string? output, MergeOptions options)
    {
        var plan = session.Service.Plan(recipe, options.Sink == OutputSink.Folder ? output : null, options);
        if (session.IsJson) session.Json.Write("plan", w => PlanJson.Write(w, plan));
        else PlanText.Write(session, plan);
        return 0;
    }
}
