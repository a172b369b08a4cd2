using System.Globalization;
using FastMerge.Backends;
using FastMerge.Checkpoint;
using FastMerge.Checkpoint.Output;
using FastMerge.Core;
using FastMerge.Engine;
using FastMerge.Plan;
using FastMerge.Recipe;

namespace FastMerge;

/// <summary>A merge whose recipe is read, whose inputs are matched and whose memory is divided; nothing is written
/// yet.</summary>
sealed class MergeSession
{
    const string Metadata = "format";

    readonly MergeOptions _options;
    readonly RunLimits _limits;
    readonly DeviceDescription? _device;
    readonly long _wholeBytes;
    bool? _hasMatrices;

    MergeSession(RecipeSource source, MergeOptions options, IStorage storage, bool keepsWholeTensors)
    {
        Check(options);
        (_options, Storage) = (options, storage);
        var recipeOptions = new RecipeOptions { Lenient = options.Lenient };
        var recipe = source.Text is null
            ? RecipeReader.ReadDocuments(source.Name, recipeOptions)
            : RecipeReader.ParseDocuments(source.Text, source.Name, recipeOptions);
        Planned = ModelPaths.Plan(recipe, recipeOptions, new PlanOptions(options.Strict), storage);
        Specs = [.. Planned.Tensors.Select(t => t.Output)];
        _device = options.Backend switch
        {
            Backend.OpenCl => Device.Require(DeviceKind.OpenCl, options.Device),
            Backend.Cuda => Device.Require(DeviceKind.Cuda, options.Device),
            _ => null,
        };
        _limits = RunLimits.Of(options.Threads, options.MemoryBytes, options.ChunkBytes, options.Input) with
        {
            HasDevice = _device is not null,
        };
        var least = keepsWholeTensors ? Engine.Sinks.StreamSink.LeastCapacity(Specs) : 0;
        Memory = _limits.Divide(Planned.Tensors, least);
        _wholeBytes = least;
        Layout = ShardLayout.Create(Specs, options.ShardBytes, new Dictionary<string, string> { [Metadata] = "pt" });
    }

    /// <summary>Files.</summary>
    public IStorage Storage { get; }

    /// <summary>The plan.</summary>
    public PlannedMerge Planned { get; }

    /// <summary>The tensors of the output, in plan order.</summary>
    public IReadOnlyList<TensorSpec> Specs { get; }

    /// <summary>Computing threads.</summary>
    public int Threads => _limits.Threads;

    /// <summary>Bytes that may be allocated.</summary>
    public long MemoryBytes => _limits.MemoryBytes;

    /// <summary>What computes.</summary>
    public string BackendText => _device is null ? "cpu" : $"{_device.Backend} ({_device.Name})";

    /// <summary>How memory is divided.</summary>
    public MemoryPlan Memory { get; }

    /// <summary>The output's files.</summary>
    public ShardLayout Layout { get; }

    /// <summary>Bytes that whole tensors may take.</summary>
    public long WholeTensorBytes => _wholeBytes + Math.Max(0, MemoryBytes - Memory.PeakBytes) / 2;

    /// <summary>Warnings known before the merge starts.</summary>
    public IEnumerable<string> Warnings => Planned.Warnings;

    /// <summary>Bytes that all readings read.</summary>
    public long InputBytes => PassGroups.Of(Planned.Tensors).Sum(g => g.InputBytes)
        + PassGroups.HiddenBytes(Planned.Tensors);

    /// <summary>Whether something is read before the first tensor.</summary>
    public bool HasPhases => ModelPhases.Of(Planned.Tensors).Phases.Count > 0;

    /// <summary>Whether matrices are computed as a whole: bits then depend on library, core type and
    /// threads.</summary>
    public bool HasMatrices => _hasMatrices ??=
        ModelPhases.Of(Planned.Tensors).AllTensors.Any(t => t.Work?.Passes.Matrices is not null);

    /// <summary>Reads, matches and divides.</summary>
    /// <param name="source">The recipe.</param>
    /// <param name="options">How the merge runs.</param>
    /// <param name="storage">Files.</param>
    /// <param name="keepsWholeTensors">Whether merged tensors are kept whole in memory.</param>
    public static MergeSession Open(
        RecipeSource source, MergeOptions options, IStorage storage, bool keepsWholeTensors = false) =>
        StorageFailure.Translate(() => new MergeSession(source, options, storage, keepsWholeTensors));

    /// <summary>What users see of the plan.</summary>
    public MergePlan Describe(string? output)
    {
        var groups = PassGroups.Of(Planned.Tensors);
        var listing = new PlanListing(Planned);
        var tensors = listing.Tensors();
        return new()
        {
            Family = Planned.Family,
            Stages = listing.Stages,
            TensorPlans = tensors,
            TensorGroups = TensorGroups.Of(tensors),
            Method = Planned.Recipe.Method.Signature.Name,
            Base = Planned.Recipe.Recipe.Base?.ToString(),
            Models = [.. Planned.Recipe.Models.Select(m => m.Model.ToString())],
            Donor = Planned.Donor.Location.Text,
            Tensors = Planned.Tensors.Count,
            Groups = groups,
            Phases = PassGroups.Phases(Planned.Tensors),
            Parameters = Specs.Sum(s => s.ElementCount),
            OutputBytes = Layout.TotalBytes,
            InputBytes = InputBytes,
            Shards = [.. Layout.Shards.Select(s => new PlannedShard(s.Name, s.Tensors.Length, s.Length))],
            MemoryBytes = MemoryBytes,
            PeakMemoryBytes = Memory.PeakBytes,
            ChunkBytes = Memory.ChunkBytes,
            Threads = Threads,
            Backend = BackendText,
            Seed = _options.Seed,
            Matrices = Matrices(),
            Disk = output is null ? null : new(Layout.Shards.Sum(s => s.Length), Storage.FreeBytes(output)),
            Warnings = [.. Warnings],
        };
    }

    /// <summary>What matrices cost, by speeds measured now; null without matrices.</summary>
    PlannedMatrices? Matrices()
    {
        if (!HasMatrices) return null;
        var cost = MatrixCost.Sum(Planned.Tensors.Select(MatrixCost.Of));
        var (speed, library) = (MatrixSpeed.Measure(Threads), MatrixLibrary.Describe());
        return new(
            Planned.Tensors.Count(t => MatrixMemory.Of(t) > 0), Memory.MatrixBytes, cost.Single, cost.Double,
            speed.Single, speed.Double, cost.Seconds(speed), library.Text, Threads);
    }

    /// <summary>What the engine is told.</summary>
    public EngineOptions EngineOptions => _limits.In(Memory) with
    {
        WriteBytesPerSecond = _options.WriteBytesPerSecond,
        Seed = _options.Seed,
        Device = _device,
        Interpret = _options.Interpret,
        ZeroNonFinite = _options.NonFinite == NonFinitePolicy.Zero,
        FailOnNonFinite = _options.NonFinite == NonFinitePolicy.Error,
    };

    /// <summary>The hash of all that decides the output's bytes.</summary>
    public UInt128 PlanHash() => NativeHash.Hash128(PlanIdentity.Write(
        Planned, _options.Seed, _options.NonFinite == NonFinitePolicy.Zero, OutputContents.Tool));

    /// <summary>What must be unchanged for a resume.</summary>
    public IReadOnlyList<PlanPart> PlanParts() =>
    [
        new("tool", OutputContents.Tool),
        new("recipe", NativeHash.Hash128(System.Text.Encoding.UTF8.GetBytes(Planned.Recipe.Recipe.Text))
            .ToString("x32")),
        new("seed", _options.Seed.ToString(CultureInfo.InvariantCulture)),
        new("shard size", _options.ShardBytes.ToString(CultureInfo.InvariantCulture)),
        new("non-finite zero", (_options.NonFinite == NonFinitePolicy.Zero).ToString()),
        .. HasMatrices
            ? [new PlanPart("matrix library and threads", $"{MatrixLibrary.Describe().Text}, {Threads}")]
            : Array.Empty<PlanPart>(),
        .. Planned.Checkpoints.SelectMany(c => c.Shards.Select(s => new PlanPart(
            $"input {c.Location.Text} {s.FileName}",
            $"{s.Identity.Length} {s.Identity.ModifiedNanoseconds} {s.Identity.Inode}"))),
    ];

    static void Check(MergeOptions options)
    {
        if (options.Threads is < 1 or > 1024) throw Refused($"threads {options.Threads}", "1 to 1024");
        if (options.ShardBytes < 1) throw Refused($"shard size {options.ShardBytes}", "1 byte and more");
        if (options.ChunkBytes is { } chunk
            && (chunk < MemoryPlan.SmallestChunk || chunk > MemoryPlan.LargestChunk || (chunk & (chunk - 1)) != 0))
            throw Refused($"chunk of {chunk} bytes", "a power of two from 64 KiB to 64 MiB");
        if (options.WriteBytesPerSecond is < 1)
            throw Refused($"rate of {options.WriteBytesPerSecond} bytes a second", "1 and more");
    }

    static FastMergeException Refused(string value, string accepted) =>
        new(FailureKind.Usage, $"{value}; accepted: {accepted}");
}
