using System.CommandLine;
using System.Globalization;
using FastMerge.Cli.Parsing;
using FastMerge.Core;

namespace FastMerge.Cli.Commands;

/// <summary><c>fastmerge mergekit-yaml CONFIG OUT</c>: a merge with mergekit's flags.</summary>
sealed class MergekitCommand : CliCommand
{
    const double Thousand = 1e3, Million = 1e6, Billion = 1e9;

    readonly Argument<string> _config = new("CONFIG") { Description = "the recipe, a YAML file" };
    readonly Argument<string> _output = new("OUT") { Description = "the folder to write" };
    readonly Option<long?> _shard = new("--out-shard-size")
    {
        Description = "Tensor bytes in an output file at most (default 5B); 5B is 5e9 bytes as in mergekit, "
            + "0 is one file",
        HelpName = "SIZE",
        CustomParser = result => ShardSize(Choice.Text(result))
            ?? Choice.Reject<long?>(result, "--out-shard-size", "a size such as 5B, 500M or 5GB"),
    };
    readonly Option<ulong> _seed = Choice.Seed("--random-seed", "Key of the random generator (default 0)");
    readonly Option<int?> _threads = Choice.Whole(
        "--num-threads", "Computing threads (default one for each processor)", 1, "-j");
    readonly IReadOnlyList<(Option Option, string Why)> _ignored = MergekitFlags.Create();
    readonly Option<string?> _device = new("--device")
    {
        Description = "Has no effect but for cpu and auto", HelpName = "NAME",
    };
    readonly Option<long?> _memory = CommonOptions.Memory();
    readonly Option<bool> _resume = Choice.Switch("--resume", "Continue an interrupted merge of the same plan");
    readonly Option<bool> _overwrite = Choice.Switch("--overwrite", "Replace an earlier merge in the output folder");
    readonly Option<bool> _lenient = Choice.Switch("--lenient", "Unknown recipe keys are warnings");

    public MergekitCommand() : base("mergekit-yaml",
        "Merges with mergekit-yaml's flags, so that scripts switch by one word.",
        "fastmerge mergekit-yaml config.yml merged --out-shard-size 2B --random-seed 7 --lazy-unpickle")
    {
        Add(_config);
        Add(_output);
        AddGroup("mergekit's flags", _shard, _seed, _threads);
        AddGroup("FastMerge's own", _memory, _resume, _overwrite, _lenient);
        AddPrinting();
        AddGroup("Accepted without effect", [_device, .. _ignored.Select(f => f.Option)]);
    }

    /// <inheritdoc/>
    public override Task<int> RunAsync(ParseResult parse, Session session, CancellationToken cancellation)
    {
        foreach (var (option, why) in _ignored)
            if (parse.GetResult(option) is { Implicit: false }) session.Warn($"{option.Name} has no effect: {why}");
        if (parse.GetValue(_device) is { } device and not ("cpu" or "auto"))
            session.Warn($"--device {device} has no effect: this version computes on the CPU");
        var options = new MergeOptions
        {
            Threads = parse.GetValue(_threads),
            MemoryBytes = parse.GetValue(_memory),
            Seed = parse.GetValue(_seed),
            Resume = parse.GetValue(_resume),
            Overwrite = parse.GetValue(_overwrite),
            Lenient = parse.GetValue(_lenient),
        };
        if (parse.GetValue(_shard) is { } bytes) options = options with { ShardBytes = bytes };
        return MergeCommand.RunAsync(
            session, RecipeSource.File(parse.GetValue(_config)!), parse.GetValue(_output), options, cancellation);
    }

    /// <summary>mergekit counts in k, m and b (billions); FastMerge's own units are taken as well.</summary>
    static long? ShardSize(string text)
    {
        var factor = text.Length > 0 ? char.ToLowerInvariant(text[^1]) switch
        {
            'k' => Thousand,
            'm' => Million,
            'b' => Billion,
            _ => 1,
        } : 1;
        var number = factor == 1 ? text : text[..^1];
        if (double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value))
        {
            var bytes = value * factor;
            return bytes == 0 ? long.MaxValue : bytes is >= 1 and < long.MaxValue ? (long)bytes : null;
        }
        return ByteSize.TryParse(text, out var size) && size > 0 ? size : null;
    }
}
