using System.Diagnostics;
using FastMerge.Checkpoint;
using FastMerge.Checkpoint.Output;
using FastMerge.Core;
using FastMerge.Engine;
using FastMerge.Plan;

namespace FastMerge.Extraction;

/// <summary>
/// Extracts a LoRA adapter from a model and its base: of each weight's difference in binary32 the leading singular
/// triplets, by randomised subspace iteration (Halko, Martinsson and Tropp 2011) or, where many are wanted, from the
/// Gram matrix of its smaller side. A = sqrt(S) V^T, B = U sqrt(S), alpha = r.
/// Fused experts have a rank together and an update each, with A = sqrt(S) U^T and B = V sqrt(S).
/// </summary>
sealed class LoraExtraction
{
    const int UsualRank = 32;
    const int Listed = 3;

    readonly ExtractOptions _options;
    readonly IStorage _storage;
    readonly CancellationToken _cancellation;
    readonly ExtractionInput _model;
    readonly ExtractionInput _base;
    readonly ExtractionPlan _plan;
    readonly RunLimits _limits;

    /// <summary>Opens the base and holds the model against it.</summary>
    public LoraExtraction(
        Func<ExtractionInput> model, string baseModel, ExtractOptions options, IStorage storage,
        CancellationToken cancellation)
    {
        (_options, _storage, _cancellation) = (Checked(options), storage, cancellation);
        _model = model();
        _base = ExtractionInput.Of(InputCheckpoint.Open(new ModelLocation(baseModel), storage));
        _plan = new(_model, _base, options);
        if (options.Full && _model.Tensors.Values.Any(t => t is not StoredSource))
            throw new FastMergeException(FailureKind.Usage, "tensors of a merge are not saved whole; accepted with "
                + "--full: a model on disk");
        _limits = RunLimits.Of(options.Threads, options.MemoryBytes, options.ChunkBytes, options.Input);
    }

    /// <summary>Extracts.</summary>
    /// <param name="output">The folder to write.</param>
    public ExtractReport Run(string output)
    {
        var watch = Stopwatch.StartNew();
        InputCheckpoint[] checkpoints = [.. _model.Checkpoints, .. _base.Checkpoints];
        OutputPlacement.Check(_storage, output, checkpoints.Select(c => c.Folder));
        using var inputs = new InputSet(checkpoints, _options.Input);
        using var file = new FactorFile(output, _options.Overwrite, _storage);
        var others = CompareOthers(inputs);
        TensorSpec[] saved = _options.Full ? [.. others.Select(t => t.Model.Spec)] : [];
        var tasks = Tasks(inputs, saved.Sum(t => t.ByteCount));
        Factors(tasks, inputs, file);
        (DifferingWeight Weight, int Rank)[] updated =
            [.. tasks.Where(t => t.Rank > 0).Select(t => (t.Weight, t.Rank))];
        if (updated.Length == 0)
            throw new FastMergeException(FailureKind.Plan, $"{DisplayText.Escape(_model.Text)} and "
                + $"{DisplayText.Escape(_base.Text)} have equal weights; there is nothing to extract");
        var report = new ExtractReport
        {
            Output = output,
            Modules = [.. tasks.Select(Describe)],
            Saved = [.. saved.Select(t => t.Name)],
            Left = [.. (_options.Full ? [] : others.Select(t => t.Name)).Concat(_plan.Absent)],
            Bytes = 0,
            Elapsed = default,
            Warnings = [.. _model.Warnings, .. _base.Warnings],
        };
        var owners = updated.ToLookup(u => u.Weight.Owner);
        var bytes = file.Publish(
            FusedExperts.Names(updated.Select(u => u.Weight)),
            saved.ToDictionary(t => KeyOf(t.Name, owners), t => ((StoredSource)_model.Tensors[t.Name]).Tensor),
            _model.Checkpoints[0],
            AdapterText.Config(_base.Text, updated, [.. _model.Tensors.Keys], report.Saved, _plan.IsTransposed),
            AdapterText.Card(_model.Text, _base.Text, updated.Length, report.Captured));
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
        var run = new EngineRun([.. wanted.Select(t => t.Weight.Difference)], _limits,
            [.. wanted.Select(t => FactorWork.MemoryOf(t, _options))]);
        run.Run(new FactorWork(wanted, _options, run.Options, file).Tasks, inputs, _cancellation);
    }

    OtherTensor[] CompareOthers(InputSet inputs)
    {
        var run = new EngineRun([.. _plan.Others.Select(o => o.Pair).OfType<PlannedTensor>()], _limits);
        var work = new OtherWork(_plan.Others, run.Options);
        run.Run(work.Tasks, inputs, _cancellation);
        return [.. work.Differing];
    }

    ExtractedModule Describe(WeightTask task) => new(
        task.Weight.Module, task.Weight.Rows, task.Weight.Columns, task.Rank, task.Found?.Energy ?? 0,
        task.Found?.Captured(task.Rank) ?? 1) { Experts = task.Weight.Count };

    /// <summary>The name of a saved tensor in the adapter; in a module with updates it is behind PEFT's wrapper, or
    /// one for each of them.</summary>
    static string KeyOf(string name, ILookup<string, (DifferingWeight Weight, int Rank)> owners)
    {
        var dot = Math.Max(0, name.LastIndexOf('.'));
        var wrappers = owners[name[..dot]].Select(_ => "." + ExtractionPlan.Wrapper);
        return $"{ExtractionPlan.Prefix}{name[..dot]}{string.Concat(wrappers)}{name[dot..]}";
    }

    IEnumerable<string> EnergyWarnings(IReadOnlyList<ExtractedModule> modules)
    {
        var lacking = modules.Where(m => m.Rank == _options.MaxRank && m.Captured < _options.Energy).ToArray();
        return lacking.Length == 0 ? [] :
        [
            FormattableString.Invariant($"{lacking.Length} of {modules.Count} modules have less than the energy ")
                + FormattableString.Invariant($"{_options.Energy}, the least {lacking.Min(m => m.Captured):G3}, at ")
                + $"the largest rank {_options.MaxRank}; --max-rank allows more",
        ];
    }

    IEnumerable<string> LeftWarnings(IReadOnlyList<string> left)
    {
        if (left.Count == 0) return [];
        var whole = _model.Tensors.Values.All(t => t is StoredSource) ? "; --full saves what both models have" : "";
        string[] unclear = [.. left.Where(_plan.Unclear.ContainsKey)];
        string said = $"{left.Count} tensor{(left.Count == 1 ? " differs and is" : "s differ and are")} not in the "
            + $"adapter: {string.Join(", ", left.Take(Listed).Select(DisplayText.Escape))}"
            + (left.Count > Listed ? ", ..." : "") + whole;
        return unclear.Length == 0 ? [said] :
        [
            said, $"{unclear.Length} of them {(unclear.Length == 1 ? "is" : "are")} fused experts that an adapter "
                + "cannot update without doubt: " + string.Join("; ", unclear.Take(Listed)
                    .Select(n => $"{DisplayText.Escape(n)}: {_plan.Unclear[n]}"))
                + (unclear.Length > Listed ? "; ..." : ""),
        ];
    }
}
