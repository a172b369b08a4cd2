using System.CommandLine;
using FastMerge.Cli.Rendering;
using FastMerge.Core;

namespace FastMerge.Cli.Commands;

/// <summary><c>fastmerge methods [NAME]</c>.</summary>
sealed class MethodsCommand : CliCommand
{
    readonly Argument<string?> _name = new("NAME") { Description = "show one method", Arity = ArgumentArity.ZeroOrOne };

    public MethodsCommand() : base("methods", "Lists the merge methods and what they read from a recipe.",
        "fastmerge methods", "fastmerge methods ties")
    {
        Add(_name);
        AddPrinting();
    }

    /// <inheritdoc/>
    public override Task<int> RunAsync(ParseResult parse, Session session, CancellationToken cancellation)
    {
        var name = parse.GetValue(_name);
        var methods = name is null ? Catalog.Methods : [Find(name)];
        if (session.IsJson)
            foreach (var method in methods) MethodRendering.WriteJson(session, method);
        else if (name is null) MethodRendering.WriteTable(session, methods);
        else MethodRendering.WriteDetails(session, methods[0]);
        return Task.FromResult(0);
    }

    static MethodInfo Find(string name) => Catalog.Methods.FirstOrDefault(m => m.Name == name)
        ?? throw new FastMergeException(FailureKind.Usage, Catalog.Nearest(name) is { } nearest
            ? $"there is no method '{name}' (the nearest is {nearest}); see fastmerge methods"
            : $"there is no method '{name}'; methods are {string.Join(", ", Catalog.Methods.Select(m => m.Name))}");
}
