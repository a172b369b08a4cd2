using System.Diagnostics;
using FastMerge.Core;
using FastMerge.Engine;

namespace FastMerge;

/// <summary>One run of a session: events, progress and the report.</summary>
sealed class MergeRun
{
    static readonly TimeSpan ProgressInterval = TimeSpan.FromMilliseconds(100);

    readonly MergeSession _session;
    readonly IProgress<MergeEvent>? _events;
    readonly List<string> _warnings = [];
    readonly EngineCounters _counters = new();
    readonly Stopwatch _watch = Stopwatch.StartNew();
    readonly long _inputBytes;
    long _kept;

    MergeRun(MergeSession session, IProgress<MergeEvent>? events)
    {
        (_session, _events) = (session, events);
        _inputBytes = session.HasPhases ? session.InputBytes : 0;
    }

    /// <summary>Begins a run: tells the plan and its warnings.</summary>
    public static MergeRun Start(MergeSession session, string? output, IProgress<MergeEvent>? events)
    {
        var run = new MergeRun(session, events);
        if (events is not null) events.Report(new PlannedEvent(session.Describe(output)));
        foreach (var warning in session.Warnings) run.Warn(warning);
        return run;
    }

    /// <summary>Notes and tells a warning.</summary>
    public void Warn(string text)
    {
        lock (_warnings)
        {
            if (_warnings.Contains(text)) return;
            _warnings.Add(text);
        }
        _events?.Report(new WarningEvent(text));
    }

    /// <summary>Tells what is kept, discarded or deleted.</summary>
    public void Note(string text) => _events?.Report(new NoticeEvent(text));

    /// <summary>Computes all tensors into a sink.</summary>
    public void Execute(IMergeSink sink, CancellationToken cancellation)
    {
        using var inputs = new InputSet(_session.Planned.Checkpoints, _session.EngineOptions.Input);
        Execute(sink, inputs, 0, cancellation);
    }

    /// <summary>Computes all tensors into a sink from inputs that the caller keeps.</summary>
    /// <param name="sink">Where they go.</param>
    /// <param name="inputs">The input files.</param>
    /// <param name="keptBytes">Bytes that the sink has already.</param>
    /// <param name="cancellation">Stops the run.</param>
    public void Execute(IMergeSink sink, InputSet inputs, long keptBytes, CancellationToken cancellation)
    {
        _kept = keptBytes;
        using var timer = _events is null ? null : new Timer(_ => Tell(), null, ProgressInterval, ProgressInterval);
        using (var engine = new MergeEngine(
            _session.Planned.Tensors, inputs, sink, _session.EngineOptions, _session.Memory, _counters, Warn,
            cancellation))
            engine.Run(cancellation);
        TellNonFinite();
        Tell();
    }

    /// <summary>The report of a run that came to its end.</summary>
    public MergeReport Report(string? output) => new()
    {
        Output = output,
        Tensors = _session.Specs.Count,
        OutputBytes = _session.Layout.TotalBytes,
        KeptBytes = _kept,
        InputBytes = _counters.InputBytes,
        Elapsed = _watch.Elapsed,
        Seed = _session.EngineOptions.Seed,
        AlreadyComplete = false,
        Hash = null,
        NonFinite = [.. _counters.NonFinite.Select(
            n => new NonFiniteCount(_session.Specs[n.Key].Name, n.Value.Inputs, n.Value.Outputs))],
        Warnings = [.. _warnings],
    };

    void TellNonFinite()
    {
        var tensors = 0;
        foreach (var (index, found) in _counters.NonFinite)
        {
            if (++tensors > 5) continue;
            Warn($"tensor {DisplayText.Escape(_session.Specs[index].Name)}: {found.Inputs} NaN or Inf in inputs, "
                + $"{found.Outputs} in the output");
        }
        if (tensors > 5) Warn($"NaN or Inf in {tensors - 5} more tensors; the report lists all");
    }

    void Tell()
    {
        if (_events is null) return;
        var (done, total, elapsed) = (_counters.OutputBytes, _session.Layout.TotalBytes - _kept, _watch.Elapsed);
        // Phases over the model write nothing, so there the time left is judged by what is read.
        var (now, all) = _inputBytes > 0 ? (Math.Min(_counters.InputBytes, _inputBytes), _inputBytes) : (done, total);
        TimeSpan? remaining = now > 0 && elapsed.TotalSeconds > 0.5 ? elapsed * ((double)(all - now) / now) : null;
        _events.Report(
            new ProgressEvent(_kept + done, _session.Layout.TotalBytes, _counters.InputBytes, elapsed, remaining));
    }
}
