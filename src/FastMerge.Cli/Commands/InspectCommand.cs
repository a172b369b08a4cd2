using System.CommandLine;
using FastMerge.Cli.Parsing;
using FastMerge.Cli.Rendering;

namespace FastMerge.Cli.Commands;

/// <summary><c>fastmerge inspect MODEL</c>.</summary>
sealed class InspectCommand : CliCommand
{
    readonly Argument<string> _model = new("MODEL")
    {
        Description = "a folder, a .safetensors file, or a hub id that is in the local cache",
    };
    readonly Option<bool> _tensors = Choice.Switch("--tensors", "List every tensor");

    public InspectCommand() : base("inspect", "Validates a model's headers and shows what it holds.",
        "fastmerge inspect models/llama", "fastmerge inspect model.safetensors --tensors")
    {
        Add(_model);
        AddGroup("Showing", _tensors);
        AddPrinting();
    }

    /// <inheritdoc/>
    public override Task<int> RunAsync(ParseResult parse, Session session, CancellationToken cancellation)
    {
        var info = session.Service.Inspect(parse.GetValue(_model)!);
        if (session.IsJson) CheckpointRendering.WriteJson(session, info, parse.GetValue(_tensors));
        else CheckpointRendering.WriteText(session, info, parse.GetValue(_tensors));
        return Task.FromResult(0);
    }
}
