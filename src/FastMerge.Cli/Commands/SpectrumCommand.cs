using System.CommandLine;
using FastMerge.Cli.Parsing;
using FastMerge.Cli.Rendering;
using FastMerge.Core;

namespace FastMerge.Cli.Commands;

/// <summary><c>fastmerge spectrum MODEL</c>.</summary>
sealed class SpectrumCommand : CliCommand
{
    const int UsualRows = 40;

    readonly Argument<string> _model = new("MODEL")
    {
        Description = "a folder, a .safetensors file, or a hub id that is in the local cache",
    };
    readonly Option<string?> _base = new("--base")
    {
        Description = "Look at the difference to this model", HelpName = "MODEL",
    };
    readonly Option<string?> _tensors = CommonOptions.Tensors("Look at");
    readonly Option<int?> _top = Choice.Whole("--top", "Show the first so many matrices (default 40)", 1);
    readonly Option<string?> _html = new("--html")
    {
        Description = "Write a page with the energy curves to this file; an older page is replaced", HelpName = "FILE",
    };
    readonly Option<int?> _threads = CommonOptions.Threads();
    readonly Option<long?> _memory = CommonOptions.Memory();
    readonly Option<InputMode> _io = CommonOptions.Input();

    public SpectrumCommand() : base("spectrum", "Shows norms, ranks and energy curves of a model's matrices.",
        "fastmerge spectrum tuned --base base", "fastmerge spectrum tuned --base base --html spectrum.html")
    {
        Add(_model);
        AddGroup("Looking at", _base, _tensors);
        AddGroup("Showing", _top, _html);
        AddGroup("Computing", _threads, _memory, _io);
        AddPrinting();
    }

    /// <inheritdoc/>
    public override async Task<int> RunAsync(ParseResult parse, Session session, CancellationToken cancellation)
    {
        var options = new SpectrumOptions
        {
            Base = parse.GetValue(_base),
            Tensors = parse.GetValue(_tensors),
            Threads = parse.GetValue(_threads),
            MemoryBytes = parse.GetValue(_memory),
            Input = parse.GetValue(_io),
        };
        var page = parse.GetValue(_html);
        if (page is not null) SpectrumPage.RequirePlace(page);
        var model = parse.GetValue(_model)!;
        var spectra = await Task.Run(() => session.Service.Spectrum(model, options, cancellation), cancellation);
        if (page is not null) SpectrumPage.Save(page, spectra);
        if (session.IsJson) SpectrumRendering.WriteJson(session, spectra);
        else SpectrumRendering.WriteText(session, spectra, parse.GetValue(_top) ?? UsualRows, page);
        return 0;
    }
}
