using System.Text.Json;

namespace FastMerge.Cli.Rendering;

/// <summary>Shows a running merge and its report. Events may come from any thread.</summary>
abstract class MergeDisplay(Session session) : IProgress<MergeEvent>
{
    readonly Lock _lock = new();
    MergePlan? _plan;

    /// <summary>Where it is shown.</summary>
    protected Session Session { get; } = session;

    /// <summary>The display that a session asks for.</summary>
    public static MergeDisplay For(Session session)
    {
        if (session.IsJson) return new JsonMergeDisplay(session);
        var isBar = session.Terminal.ErrorIsTerminal && !session.IsQuiet && session.Terminal.Variable("TERM") != "dumb";
        return isBar ? new BarMergeDisplay(session) : new LineMergeDisplay(session, TimeProvider.System);
    }

    /// <summary>Runs a merge that reports here.</summary>
    public virtual Task<MergeReport> RunAsync(Func<IProgress<MergeEvent>, Task<MergeReport>> merge) => merge(this);

    /// <inheritdoc/>
    public void Report(MergeEvent value)
    {
        lock (_lock)
        {
            switch (value)
            {
                case PlannedEvent planned: Planned(planned.Plan); break;
                case WarningEvent warning: Warn(warning.Text); break;
                case NoticeEvent notice: Narrate(notice.Text); break;
                case ProgressEvent progress: NarratePlan(); Progress(progress); break;
            }
        }
    }

    /// <summary>Shows what the merge did.</summary>
    public virtual void Finish(MergeReport report)
    {
        foreach (var warning in report.Warnings) Warn(warning);
        if (report.Hash is not null) Session.Out.WriteLine(report.Hash);
        if (Session.IsQuiet) return;
        if (report.AlreadyComplete)
        {
            Session.Out.WriteLine($"{Display.Name(report.Output ?? "")} already holds this merge; nothing was done");
            return;
        }
        var moved = report.InputBytes + report.OutputBytes - report.KeptBytes;
        var rate = moved / Math.Max(report.Elapsed.TotalSeconds, 1e-3);
        var kept = report.KeptBytes > 0 ? $" ({Display.Bytes(report.KeptBytes)} of them kept)" : "";
        Session.Out.WriteLine($"{Session.OutColors.Green("done:")} {Display.Count(report.Tensors, "tensor")}, "
            + $"{Display.Bytes(report.OutputBytes)}{kept} in {Display.Time(report.Elapsed)}, "
            + $"{Display.Rate(rate)} read and written, seed {report.Seed}"
            + (report.Output is null ? "" : $": {Display.Name(report.Output)}"));
    }

    /// <summary>Takes note of the plan; it is told when the merge has begun, so that a refusal is one line.</summary>
    protected virtual void Planned(MergePlan plan)
    {
        _plan = plan;
        foreach (var warning in plan.Warnings) Warn(warning);
    }

    /// <summary>Tells what goes on.</summary>
    protected virtual void Narrate(string text) => Session.Narrate(text);

    /// <summary>Shows a warning.</summary>
    protected virtual void Warn(string text) => Session.Warn(text);

    /// <summary>Shows how far the merge is.</summary>
    protected abstract void Progress(ProgressEvent progress);

    void NarratePlan()
    {
        if (_plan is not { } plan) return;
        _plan = null;
        var onto = plan.Base is null ? "" : $" and base {Display.Name(plan.Base)}";
        Narrate($"{plan.Method} of {Display.Count(plan.Models.Count, "model")}{onto}: "
            + $"{Display.Count(plan.Tensors, "tensor")}, {Display.Parameters(plan.Parameters)} parameters, "
            + $"reads {Display.Bytes(plan.InputBytes)}, writes {Display.Bytes(plan.OutputBytes)}, "
            + $"memory {Display.Bytes(plan.PeakMemoryBytes)}, {plan.Backend}, "
            + $"{Display.Count(plan.Threads, "thread")}, seed {plan.Seed}");
    }
}

/// <summary>JSON lines.</summary>
sealed class JsonMergeDisplay(Session session) : MergeDisplay(session)
{
    protected override void Planned(MergePlan plan)
    {
        Session.Json.Write("plan", w => PlanJson.Write(w, plan));
        foreach (var warning in plan.Warnings) Warn(warning);
    }

    protected override void Progress(ProgressEvent progress) => Session.Json.Write("progress", w =>
    {
        w.WriteNumber("output_bytes", progress.OutputBytes);
        w.WriteNumber("total_output_bytes", progress.TotalOutputBytes);
        w.WriteNumber("input_bytes", progress.InputBytes);
        w.WriteNumber("bytes_per_second", Math.Round(progress.BytesPerSecond));
        w.WriteNumber("elapsed_seconds", Math.Round(progress.Elapsed.TotalSeconds, 3));
        if (progress.Remaining is { } remaining)
            w.WriteNumber("remaining_seconds", Math.Round(remaining.TotalSeconds, 1));
        else w.WriteNull("remaining_seconds");
    });

    public override void Finish(MergeReport report)
    {
        foreach (var warning in report.Warnings) Warn(warning);
        Session.Json.Write("done", w => Write(w, report));
    }

    static void Write(Utf8JsonWriter json, MergeReport report)
    {
        json.WriteString("output", report.Output);
        json.WriteNumber("tensors", report.Tensors);
        json.WriteNumber("output_bytes", report.OutputBytes);
        json.WriteNumber("kept_bytes", report.KeptBytes);
        json.WriteNumber("input_bytes", report.InputBytes);
        json.WriteNumber("elapsed_seconds", Math.Round(report.Elapsed.TotalSeconds, 3));
        json.WriteNumber("seed", report.Seed);
        json.WriteBoolean("already_complete", report.AlreadyComplete);
        json.WriteString("hash", report.Hash);
        json.WriteObjects("non_finite", report.NonFinite, n =>
        {
            json.WriteString("tensor", n.Tensor);
            json.WriteNumber("inputs", n.Inputs);
            json.WriteNumber("output", n.Output);
        });
        json.WriteStrings("warnings", report.Warnings);
    }
}

/// <summary>A line now and then, for logs; none if the session is quiet.</summary>
sealed class LineMergeDisplay(Session session, TimeProvider time) : MergeDisplay(session)
{
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    long _last = time.GetTimestamp();

    protected override void Progress(ProgressEvent progress)
    {
        if (time.GetElapsedTime(_last) < Interval) return;
        _last = time.GetTimestamp();
        Session.Narrate(ProgressText.Of(progress));
    }
}
