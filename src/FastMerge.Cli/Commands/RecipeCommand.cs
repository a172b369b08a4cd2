using System.CommandLine;
using System.Text.Json.Nodes;
using FastMerge.Cli.Parsing;
using FastMerge.Core;

namespace FastMerge.Cli.Commands;

/// <summary><c>fastmerge recipe check|format|schema [RECIPE...]</c>.</summary>
sealed class RecipeCommand : CliCommand
{
    readonly Argument<string> _action = new("ACTION")
    {
        Description = "check: report every fault; format: print or write the canonical form; "
            + "schema: print the JSON Schema of the language",
    };
    readonly Argument<string[]> _recipes = new("RECIPE")
    {
        Description = "recipes, YAML files; any number of them", Arity = ArgumentArity.ZeroOrMore,
    };
    readonly Option<bool> _models = Choice.Switch(
        "--models", "Look for every model and file that a recipe names, and plan the merge");
    readonly Option<bool> _lenient = Choice.Switch("--lenient", "Unknown recipe keys are warnings");
    readonly Option<bool> _write = Choice.Switch("--write", "Write the canonical form into the recipe's file");
    readonly Option<bool> _check = Choice.Switch(
        "--check", "Write nothing; exit code 8 if a recipe is not in canonical form");

    public RecipeCommand() : base("recipe", "Checks and formats recipes, and prints the schema of their language.",
        "fastmerge recipe check recipe.yml --models", "fastmerge recipe format --write recipes/*.yml",
        "fastmerge recipe schema > mergekit.schema.json")
    {
        Add(_action);
        Add(_recipes);
        AddGroup("Checking", _models, _lenient);
        AddGroup("Formatting", _write, _check);
        AddPrinting();
    }

    /// <inheritdoc/>
    public override Task<int> RunAsync(ParseResult parse, Session session, CancellationToken cancellation)
    {
        var action = parse.GetValue(_action)!;
        var recipes = parse.GetValue(_recipes) ?? [];
        if (action is "check" or "format" && recipes.Length == 0)
            throw new FastMergeException(FailureKind.Usage, $"recipe {action} needs RECIPE: a YAML file");
        if (action == "schema" && recipes.Length > 0)
            throw new FastMergeException(FailureKind.Usage, "recipe schema takes no RECIPE; it is the same for all");
        return Task.FromResult(action switch
        {
            "check" => recipes.Aggregate(0, (exit, r) => First(exit, Check(parse, session, r))),
            "format" => recipes.Aggregate(0, (exit, r) => First(exit, Format(parse, session, r))),
            "schema" => Schema(session),
            _ => throw new FastMergeException(FailureKind.Usage,
                $"recipe has no action '{action}'; accepted: check, format, schema"),
        });
    }

    static int First(int exit, int next) => exit != 0 ? exit : next;

    int Check(ParseResult parse, Session session, string path)
    {
        var check = RecipeTools.Check(RecipeSource.File(path), parse.GetValue(_models), parse.GetValue(_lenient));
        foreach (var warning in check.Warnings) session.Warn(warning);
        foreach (var failure in check.Failures) Failures.Report(session, failure, null);
        if (session.IsJson)
            session.Json.Write("recipe", w =>
            {
                w.WriteString("recipe", path);
                w.WriteBoolean("good", check.Failures.Count == 0);
                w.WriteNumber("merges", check.Documents);
                w.WriteNumber("errors", check.Failures.Count);
                w.WriteNumber("warnings", check.Warnings.Count);
            });
        else if (check.Failures.Count == 0 && !session.IsQuiet)
            session.Out.WriteLine($"{DisplayText.Escape(path)}: good");
        return check.Failures.Count == 0 ? 0 : (int)check.Failures[0].Kind;
    }

    int Format(ParseResult parse, Session session, string path)
    {
        try
        {
            var formatted = RecipeTools.Format(RecipeSource.File(path));
            var (checks, writes) = (parse.GetValue(_check), parse.GetValue(_write));
            if (session.IsJson)
                session.Json.Write("formatted", w =>
                {
                    w.WriteString("recipe", path);
                    w.WriteBoolean("changed", formatted.IsChanged);
                    w.WriteString("text", formatted.Text);
                });
            else if (!checks && !writes) session.Out.Write(formatted.Text);
            if (checks && formatted.IsChanged)
                return session.Fail((int)FailureKind.Verification, Failures.KindName(FailureKind.Verification),
                    $"{path} is not in canonical form; fastmerge recipe format --write {path} makes it so");
            if (writes && !checks && RecipeTools.FormatFile(path)) session.Narrate($"{path}: formatted");
            return 0;
        }
        catch (FastMergeException failure)
        {
            return Failures.Report(session, failure, null);
        }
    }

    static int Schema(Session session)
    {
        var schema = RecipeTools.Schema();
        if (!session.IsJson) session.Out.Write(schema);
        else
            session.Json.Write("schema", w =>
            {
                w.WritePropertyName("schema");
                JsonNode.Parse(schema)!.WriteTo(w);
            });
        return 0;
    }
}
