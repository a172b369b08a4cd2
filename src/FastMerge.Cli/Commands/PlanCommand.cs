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
    readonly Option<bool> _tensors = Choice.Switch(
        "--tensors", "List every tensor: what it is made of, by which method, with which values");

    public PlanCommand() : base("plan", "Shows what a merge would read, compute and write; reads headers only.",
        "fastmerge plan recipe.yml merged --memory 8GB",
        "fastmerge plan recipe.yml --tensors --json")
    {
        Add(_recipe);
        Add(_output);
        AddGroup("Listing", _tensors);
        AddGroup("Output", _run.Output);
        AddGroup("Computing", _run.Computing);
        AddGroup("Checking", _run.Checking);
        AddPrinting();
    }

    /// <inheritdoc/>
    public override Task<int> RunAsync(ParseResult parse, Session session, CancellationToken cancellation) =>
        Task.FromResult(Show(session, RecipeSource.File(parse.GetValue(_recipe)!), parse.GetValue(_output),
            _run.Read(parse), parse.GetValue(_tensors)));

    /// <summary>Prints the plan.</summary>
    /// <param name="session">Where it is printed.</param>
    /// <param name="recipe">The recipe.</param>
    /// <param name="output">The output folder, if there is one.</param>
    /// <param name="options">How it would run.</param>
    /// <param name="tensors">Whether every tensor is listed.</param>
    public static int Show(
        Session session, RecipeSource recipe, string? output, MergeOptions options, bool tensors = false)
    {
        var plan = session.Service.Plan(recipe, options.Sink == OutputSink.Folder ? output : null, options);
        if (!session.IsJson)
        {
            PlanText.Write(session, plan, tensors);
            return 0;
        }
        if (tensors)
            foreach (var tensor in plan.TensorPlans)
                session.Json.Write("planned_tensor", w => PlanJson.Write(w, tensor));
        session.Json.Write("plan", w => PlanJson.Write(w, plan));
        return 0;
    }
}
