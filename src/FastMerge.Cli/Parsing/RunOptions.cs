using System.CommandLine;
using System.Globalization;
using FastMerge.Core;

namespace FastMerge.Cli.Parsing;

/// <summary>The options that say how a merge runs.</summary>
sealed class RunOptions
{
    readonly Option<string?> _backend = new("--backend")
    {
        Description = "What computes (default auto)", HelpName = "auto|cpu|cuda|opencl",
    };
    readonly Option<string?> _device = new("--device")
    {
        Description = "Which of the backend's devices", HelpName = "N",
    };
    readonly Option<int?> _threads = CommonOptions.Threads();
    readonly Option<long?> _memory = CommonOptions.Memory();
    readonly Option<ulong> _seed = Choice.Seed("--seed", "Key of the random generator (default 0)");
    readonly Option<InputMode> _io = CommonOptions.Input(
        "How inputs are read (default mmap); read suits network file systems, direct sets larger than memory");
    readonly Option<long?> _ioRate = Choice.Rate("--io-rate", "Bytes to write a second at most");
    readonly Option<long?> _chunk = Choice.ChunkSize("--chunk-size", "Output bytes of one unit of work");
    readonly Option<bool> _interpret = Choice.Switch("--interpret", "Do not use generated kernels");
    readonly Option<long?> _shard = Choice.Size("--shard-size", "Tensor bytes in an output file at most (default 5GB)");
    readonly Option<OutputSink> _sink = Choice.OneOf("--sink",
        "Where the result goes (default folder); null and hash write nothing",
        ("folder", OutputSink.Folder), ("null", OutputSink.Null), ("hash", OutputSink.Hash));
    readonly Option<bool> _resume = Choice.Switch("--resume", "Continue an interrupted merge of the same plan");
    readonly Option<bool> _overwrite = Choice.Switch("--overwrite", "Replace an earlier merge in the output folder");
    readonly Option<bool> _sha256 = Choice.Switch("--sha256", "Record SHA-256 of inputs and outputs");
    readonly Option<bool> _strict = Choice.Switch("--strict", "Vocabulary rows that differ are an error");
    readonly Option<bool> _lenient = Choice.Switch("--lenient", "Unknown recipe keys are warnings");
    readonly Option<NonFinitePolicy> _nonFinite = Choice.OneOf("--non-finite",
        "What NaN and Inf in weights cause (default warn); zero reads them as 0",
        ("warn", NonFinitePolicy.Warn), ("error", NonFinitePolicy.Error), ("zero", NonFinitePolicy.Zero));

    public RunOptions() => _chunk.Hidden = _interpret.Hidden = true;

    /// <summary>The argument that names the recipe.</summary>
    public static Argument<string> Recipe() =>
        new("RECIPE") { Description = "the recipe, a YAML file in mergekit's language" };

    /// <summary>How the merge computes.</summary>
    public Option[] Computing => [_backend, _device, _threads, _memory, _seed, _io, _ioRate, _chunk, _interpret];

    /// <summary>What it writes.</summary>
    public Option[] Output => [_sink, _resume, _overwrite, _shard, _sha256];

    /// <summary>What it accepts.</summary>
    public Option[] Checking => [_strict, _lenient, _nonFinite];

    /// <summary>The library's options.</summary>
    public MergeOptions Read(ParseResult parse)
    {
        var (backend, device) = BackendOf(parse);
        if (parse.GetValue(_resume) && parse.GetValue(_overwrite))
            throw new FastMergeException(FailureKind.Usage, "--resume keeps what --overwrite deletes; use one of them");
        var options = new MergeOptions
        {
            Backend = backend,
            Device = device,
            Threads = parse.GetValue(_threads),
            MemoryBytes = parse.GetValue(_memory),
            ChunkBytes = parse.GetValue(_chunk),
            Seed = parse.GetValue(_seed),
            Input = parse.GetValue(_io),
            WriteBytesPerSecond = parse.GetValue(_ioRate),
            Resume = parse.GetValue(_resume),
            Overwrite = parse.GetValue(_overwrite),
            Strict = parse.GetValue(_strict),
            Lenient = parse.GetValue(_lenient),
            Sha256 = parse.GetValue(_sha256),
            Sink = parse.GetValue(_sink),
            NonFinite = parse.GetValue(_nonFinite),
            Interpret = parse.GetValue(_interpret),
        };
        return parse.GetValue(_shard) is { } bytes ? options with { ShardBytes = bytes } : options;
    }

    (Backend Backend, int Device) BackendOf(ParseResult parse)
    {
        var name = parse.GetValue(_backend) ?? "auto";
        var backend = name switch
        {
            "auto" => Backend.Auto,
            "cpu" => Backend.Cpu,
            "opencl" => Backend.OpenCl,
            "cuda" => Backend.Cuda,
            _ => throw new FastMergeException(
                FailureKind.Usage, $"--backend: '{name}' is not accepted; use auto, cpu, cuda, opencl"),
        };
        var (device, hasDevices) = (0, backend is Backend.OpenCl or Backend.Cuda);
        if (parse.GetValue(_device) is { } text
            && (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out device)
                || (device > 0 && !hasDevices)))
            throw new FastMergeException(FailureKind.Usage, $"--device '{text}' is not accepted; use "
                + (hasDevices ? "the number of a device: 'fastmerge devices' lists them" : "0"));
        return (backend, device);
    }
}
