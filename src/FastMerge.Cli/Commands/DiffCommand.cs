using System.CommandLine;
using FastMerge.Cli.Parsing;
using FastMerge.Cli.Rendering;
using FastMerge.Core;

namespace FastMerge.Cli.Commands;

/// <summary><c>fastmerge diff A B</c>.</summary>
sealed class DiffCommand : CliCommand
{
    const int UsualRows = 20;

    readonly Argument<string> _first = new("A")
    {
        Description = "a folder, a .safetensors file, or a hub id that is in the local cache",
    };
    readonly Argument<string> _second = new("B") { Description = "the model to compare with it" };
    readonly Option<string?> _tensors = CommonOptions.Tensors("Compare");
    readonly Option<int?> _top = Choice.Whole(
        "--top", "Show the tensors that differ most, so many (default 20; with --json all)", 1);
    readonly Option<int?> _threads = CommonOptions.Threads();
    readonly Option<long?> _memory = CommonOptions.Memory();
    readonly Option<InputMode> _io = CommonOptions.Input();
    readonly Option<long?> _chunk = Choice.ChunkSize("--chunk-size", "Bytes of one unit of work");

    public DiffCommand() : base("diff", "Compares two models: norms, cosines and changed elements of every tensor.",
        "fastmerge diff base tuned", "fastmerge diff base tuned --tensors '*.mlp.*' --top 5")
    {
        _chunk.Hidden = true;
        Add(_first);
        Add(_second);
        AddGroup("Showing", _tensors, _top);
        AddGroup("Computing", _threads, _memory, _io, _chunk);
        AddPrinting();
    }

    /// <inheritdoc/>
    public override async Task<int> RunAsync(ParseResult parse, Session session, CancellationToken cancellation)
    {
        var options = new DiffOptions
        {
            Threads = parse.GetValue(_threads),
            MemoryBytes = parse.GetValue(_memory),
            ChunkBytes = parse.GetValue(_chunk),
            Input = parse.GetValue(_io),
            Tensors = parse.GetValue(_tensors),
        };
        var (first, second) = (parse.GetValue(_first)!, parse.GetValue(_second)!);
        var diff = await Task.Run(() => session.Service.Diff(first, second, options, cancellation), cancellation);
        if (session.IsJson) DiffRendering.WriteJson(session, diff, parse.GetValue(_top));
        else DiffRendering.WriteText(session, diff, parse.GetValue(_top) ?? UsualRows);
        return 0;
    }
}
