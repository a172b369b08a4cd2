using System.CommandLine;
using System.Globalization;
using FastMerge.Cli.Parsing;
using FastMerge.Cli.Rendering;
using FastMerge.Core;

namespace FastMerge.Cli.Commands;

/// <summary><c>fastmerge extract-lora MODEL OUT --base B</c>.</summary>
sealed class ExtractLoraCommand : CliCommand
{
    const int UsualRows = 20;

    readonly Argument<string> _model = new("MODEL")
    {
        Description = "a folder, a .safetensors file, a hub id that is in the local cache, or a recipe (.yml), whose "
            + "merge is not written",
    };
    readonly Argument<string> _output = new("OUT") { Description = "the folder to write, new or empty" };
    readonly Option<string?> _base = new("--base")
    {
        Description = "The model that the adapter is to be added to (required)", HelpName = "MODEL",
    };
    readonly Option<int?> _rank = Choice.Whole("--rank", "Rank of every update (default 32)", 1, "-r");
    readonly Option<double?> _energy = new("--energy")
    {
        Description = "The least rank whose update has this part of the difference's squared norm", HelpName = "PART",
        CustomParser = result => double.TryParse(Choice.Text(result), NumberStyles.Float, CultureInfo.InvariantCulture,
            out var part) && part is > 0 and <= 1
            ? part : Choice.Reject<double?>(result, "--energy", "a number above 0 and at most 1, such as 0.9"),
    };
    readonly Option<long?> _size = Choice.Size(
        "--size", "Bytes of the adapter at most; ranks are chosen to capture most");
    readonly Option<int?> _maxRank = Choice.Whole(
        "--max-rank", "The largest rank that --energy and --size may come to (default 256)", 1);
    readonly Option<string[]> _include = Patterns(
        "--include", "Only modules whose name matches a regular expression; may be repeated");
    readonly Option<string[]> _exclude = Patterns(
        "--exclude", "No modules whose name matches a regular expression; may be repeated");
    readonly Option<bool> _embed = Choice.Switch("--embed", "Embeddings and heads get updates too");
    readonly Option<bool> _full = Choice.Switch(
        "--full", "Save whole what differs and gets no update: embeddings, heads, norms, biases");
    readonly Option<DType> _dtype = Choice.OneOf("--dtype", "Of the factors (default float32)",
        ("float32", DType.F32), ("float16", DType.F16), ("bfloat16", DType.BF16));
    readonly Option<ulong> _seed = Choice.Seed("--seed", "Key of the random start (default 0)");
    readonly Option<int?> _threads = CommonOptions.Threads();
    readonly Option<long?> _memory = CommonOptions.Memory();
    readonly Option<InputMode> _io = CommonOptions.Input();
    readonly Option<bool> _overwrite = Choice.Switch("--overwrite", "Replace an adapter in the output folder");
    readonly Option<int?> _top = Choice.Whole(
        "--top", "Show the modules that lose most, so many (default 20; with --json all)", 1);

    public ExtractLoraCommand() : base("extract-lora",
        "Writes what a model adds to its base as a LoRA adapter, a PEFT folder.",
        "fastmerge extract-lora tuned adapter --base models/base --rank 64",
        "fastmerge extract-lora tuned adapter --base models/base --energy 0.9 --full --dtype bfloat16",
        "fastmerge extract-lora ties-of-adapters.yml adapter --base models/base --rank 32")
    {
        Add(_model);
        Add(_output);
        AddGroup("Choosing", _base, _rank, _energy, _size, _maxRank, _include, _exclude, _embed, _full);
        AddGroup("Writing", _dtype, _overwrite, _top);
        AddGroup("Computing", _seed, _threads, _memory, _io);
        AddPrinting();
    }

    /// <inheritdoc/>
    public override async Task<int> RunAsync(ParseResult parse, Session session, CancellationToken cancellation)
    {
        var (model, output) = (parse.GetValue(_model)!, parse.GetValue(_output)!);
        var baseModel = parse.GetValue(_base) ?? throw new FastMergeException(
            FailureKind.Usage, "--base is missing; it names the model that the adapter is to be added to");
        var options = new ExtractOptions
        {
            Rank = parse.GetValue(_rank),
            Energy = parse.GetValue(_energy),
            SizeBytes = parse.GetValue(_size),
            Include = parse.GetValue(_include) ?? [],
            Exclude = parse.GetValue(_exclude) ?? [],
            Embeddings = parse.GetValue(_embed),
            Full = parse.GetValue(_full),
            DType = parse.GetResult(_dtype) is { Implicit: false } ? parse.GetValue(_dtype) : DType.F32,
            Seed = parse.GetValue(_seed),
            Threads = parse.GetValue(_threads),
            MemoryBytes = parse.GetValue(_memory),
            Input = parse.GetValue(_io),
            Overwrite = parse.GetValue(_overwrite),
        };
        if (parse.GetValue(_maxRank) is { } most) options = options with { MaxRank = most };
        var report = await Task.Run(
            () => session.Service.ExtractLora(model, baseModel, output, options, cancellation), cancellation);
        if (session.IsJson) ExtractRendering.WriteJson(session, report, parse.GetValue(_top));
        else ExtractRendering.WriteText(session, report, parse.GetValue(_top) ?? UsualRows);
        return 0;
    }

    static Option<string[]> Patterns(string name, string description) =>
        new(name) { Description = description, HelpName = "REGEX", Arity = ArgumentArity.OneOrMore };
}
