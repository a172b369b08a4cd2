using System.Diagnostics;
using FastMerge.Backends;
using FastMerge.Checkpoint;
using FastMerge.Checkpoint.Output;
using FastMerge.Core;
using FastMerge.Engine;
using FastMerge.Engine.Sinks;
using FastMerge.Plan;

namespace FastMerge.Extraction;

/// <summary>
/// Extracts a LoRA adapter from a model and its base: of each weight's difference in binary32 the leading singular
/// triplets, by randomised subspace iteration (Halko, Martinsson and Tropp 2011) or, where many are wanted, from the
/// Gram matrix of its smaller side. A = sqrt(S) V^T, B = U sqrt(S), alpha = r.
/// </summary>
sealed class LoraExtraction
{
    const int UsualRank = 32;
    const int Listed = 3;

    readonly ExtractOptions _options;
    readonly IStorage _storage;
    readonly CancellationToken _cancellation;
    readonly InputCheckpoint _model;
    readonly InputCheckpoint _base;
    readonly ExtractionPlan _plan;
    readonly int _threads;
    readonly long _budget;

    /// <summary>Opens both models and holds them against each other.</summary>
    public LoraExtraction(
        string model, string baseModel, ExtractOptions options, IStorage storage, CancellationToken cancellation)
    {
        (_options, _storage, _cancellation) = (Checked(options), storage, cancellation);
        _model = InputCheckpoint.Open(new ModelLocation(model), storage);
        _base = InputCheckpoint.Open(new ModelLocation(baseModel), storage);
        _plan = new(_model, _base, options);
        _threads = options.Threads ?? Environment.ProcessorCount;
        _budget = options.MemoryBytes ?? HostMemory.FreeBytes / 2;
    }

    /// <summary>Extracts.</summary>
    /// <param name="output">The folder to write.</param>
    public ExtractReport Run(string output)
    {
        var watch = Stopwatch.StartNew();
        OutputPlacement.Check(_storage, output, new[] { _model, _base }.Select(c => c.Folder));
        using var inputs = new InputSet(
            ReferenceEquals(_model, _base) ? [_model] : [_model, _base], _options.Input);
        using var file = new FactorFile(output, _options.Overwrite, _storage);
        var others = CompareOthers(inputs);
        var saved = _options.Full ? others.ToDictionary(t => KeyOf(t.Spec.Name), t => t) : [];
        var tasks = Tasks(inputs, saved.Values.Sum(t => t.Spec.ByteCount));
        Factors(tasks, inputs, file);
        inputs.CheckUnchanged();
        (string Module, int Rank)[] ranks =
            [.. tasks.Where(t => t.Rank > 0).Select(t => (t.Weight.Module, t.Rank))];
        if (ranks.Length == 0)
            throw new FastMergeException(FailureKind.Plan, $"{DisplayText.Escape(_model.Location.Text)} and "
                + $"{DisplayText.Escape(_base.Location.Text)} have equal weights; there is nothing to extract");
        var report = new ExtractReport
        {
            Output = output,
            Modules = [.. tasks.Select(Describe)],
            Saved = [.. saved.Values.Select(t => t.Spec.Name)],
            Left = [.. (_options.Full ? [] : others.Select(t => t.Spec.Name)).Concat(_plan.Absent)],
            Bytes = 0,
            Elapsed = default,
            Warnings = [.. _model.Warnings, .. _base.Warnings],
        };
        var bytes = file.Publish(saved, _model,
            AdapterText.Config(_base.Location.Text, ranks, Modules(), report.Saved, _plan.IsTransposed),
            AdapterText.Card(_model.Location.Text, _base.Location.Text, ranks.Length, report.Captured));
        return report with
        {
            Bytes = bytes, Elapsed = watch.Elapsed, Warnings =
            [
                .. report.Warnings, .. LeftWarnings(report.Left), .. EnergyWarnings(report.Modules),
            ],
        };
    }

    static ExtractOptions Checked(ExtractOptions options)
    {
        static FastMergeException Refused(string value, string accepted) =>
            new(FailureKind.Usage, $"{value}; accepted: {accepted}");
        if (new object?[] { options.Rank, options.Energy, options.SizeBytes }.Count(o => o is not null) > 1)
            throw Refused("rank, energy and size are given together", "one of them");
        if (options.Rank is < 1) throw Refused($"rank {options.Rank}", "1 and more");
        if (options.MaxRank < 1) throw Refused($"largest rank {options.MaxRank}", "1 and more");
        if (options.Energy is not null and not (> 0 and <= 1))
            throw Refused($"energy {options.Energy}", "above 0 to 1");
        if (options.Threads is < 1 or > 1024) throw Refused($"threads {options.Threads}", "1 to 1024");
        if (options.Steps is < 0 or > 100) throw Refused($"steps {options.Steps}", "0 to 100");
        if (options.DType is not (DType.F32 or DType.F16 or DType.BF16))
            throw Refused($"dtype {options.DType}", "F32, F16, BF16");
        foreach (var pattern in options.Include.Concat(options.Exclude)) ExtractionPlan.Matches(pattern, "");
        return options;
    }

    /// <summary>The weights with the ranks that are looked for.</summary>
    WeightTask[] Tasks(InputSet inputs, long savedBytes)
    {
        var isOpen = _options.Energy is not null || _options.SizeBytes is not null;
        var most = _options.Rank ?? (isOpen ? _options.MaxRank : UsualRank);
        WeightTask[] tasks = [.. _plan.Weights.Select(w => new WeightTask(w, most))];
        if (_options.SizeBytes is not { } size) return tasks;
        Factors(tasks, inputs, null);
        var ranks = RankChoice.ForSize([.. tasks.Select(t => t.Found!)], size - savedBytes);
        return [.. tasks.Zip(ranks, (t, rank) => new WeightTask(t.Weight, rank) { Found = t.Found })];
    }

    void Factors(WeightTask[] tasks, InputSet inputs, FactorFile? file)
    {
        WeightTask[] wanted = [.. tasks.Where(t => t.MostTriplets > 0)];
        var sizes = new FactorWork(wanted, _options, null!, file);
        long[] bytes = [.. wanted.Select(sizes.MemoryOf).OrderDescending()];
        var largest = bytes.FirstOrDefault();
        var memory = MemoryPlan.Create([.. wanted.Select(t => t.Weight.Difference)], _options.Input, _threads, _budget,
            (int?)_options.ChunkBytes, largest);
        var more = Math.Min(bytes.Take(memory.ActiveTensors).Sum() - largest, _budget - memory.PeakBytes);
        memory = memory with { MatrixBytes = largest + more, PeakBytes = memory.PeakBytes + more };
        var engine = EngineOptions.Of(memory, _threads, _options.Input);
        Run(new FactorWork(wanted, _options, engine, file).Tasks, inputs, engine, memory);
    }

    InputTensor[] CompareOthers(InputSet inputs)
    {
        PlannedTensor[] pairs = [.. _plan.Others.Select(o => o.Pair).OfType<PlannedTensor>()];
        var memory = MemoryPlan.Create(pairs, _options.Input, _threads, _budget, (int?)_options.ChunkBytes, 0);
        var engine = EngineOptions.Of(memory, _threads, _options.Input);
        var work = new OtherWork(_plan.Others, engine);
        Run(_ => work.Tasks(), inputs, engine, memory);
        return [.. work.Differing.Select(o => o.Model)];
    }

    void Run(
        Func<EngineResources, IEnumerable<TensorTask?>> work, InputSet inputs, EngineOptions options, MemoryPlan memory)
    {
        using var engine = new MergeEngine(
            work, inputs, new NullSink(), options, memory, new EngineCounters(), _cancellation);
        engine.Run(_cancellation);
    }

    ExtractedModule Describe(WeightTask task) => new(
        task.Weight.Module, task.Weight.Rows, task.Weight.Columns, task.Rank, task.Found?.Energy ?? 0,
        task.Found?.Captured(task.Rank) ?? 1);

    /// <summary>All modules of the model that have a weight.</summary>
    string[] Modules() => [.. _model.Tensors.Keys.Where(n => n.EndsWith(".weight", StringComparison.Ordinal))
        .Select(n => n[..^".weight".Length])];

    /// <summary>The name of a saved tensor in the adapter; a bias of a module that is updated is behind PEFT's
    /// wrapper.</summary>
    string KeyOf(string name)
    {
        var dot = name.LastIndexOf('.');
        return dot > 0 && _plan.Weights.Any(w => w.Module == name[..dot])
            ? $"{ExtractionPlan.Prefix}{name[..dot]}.base_layer{name[dot..]}" : ExtractionPlan.Prefix + name;
    }

    IEnumerable<string> EnergyWarnings(IReadOnlyList<ExtractedModule> modules)
    {
        var lacking = modules.Where(m => m.Rank == _options.MaxRank && m.Captured < _options.Energy).ToArray();
        return lacking.Length == 0 ? [] :
        [
            FormattableString.Invariant($"{lacking.Length} of {modules.Count} modules have less than the energy ")
                + FormattableString.Invariant($"{_options.Energy}, the least {lacking.Min(m => m.Captured):G3}, at the ")
                + $"largest rank {_options.MaxRank}; --max-rank allows more",
        ];
    }

    static IEnumerable<string> LeftWarnings(IReadOnlyList<string> left) => left.Count == 0 ? [] :
    [
        $"{left.Count} tensor{(left.Count == 1 ? " differs and is" : "s differ and are")} not in the adapter: "
            + $"{string.Join(", ", left.Take(Listed).Select(DisplayText.Escape))}"
            + (left.Count > Listed ? ", ..." : "") + "; --full saves what both models have",
    ];
}
