namespace FastMerge;

/// <summary>What a merge tells while it runs.</summary>
public abstract record MergeEvent;

/// <summary>The merge is planned; nothing has been written yet.</summary>
public sealed record PlannedEvent(MergePlan Plan) : MergeEvent;

/// <summary>Something the user should know.</summary>
public sealed record WarningEvent(string Text) : MergeEvent;

/// <summary>What the merge does with files that it finds in the output folder.</summary>
public sealed record NoticeEvent(string Text) : MergeEvent;

/// <summary>How far the merge is. Sent about ten times a second and at the end.</summary>
/// <param name="OutputBytes">Bytes of merged tensors that are done, kept ones included.</param>
/// <param name="TotalOutputBytes">Bytes of merged tensors in all.</param>
/// <param name="InputBytes">Bytes read so far, each as often as it was read.</param>
/// <param name="Elapsed">Time since the start.</param>
/// <param name="Remaining">Estimate of the time to go; null while there is none.</param>
public sealed record ProgressEvent(
    long OutputBytes, long TotalOutputBytes, long InputBytes, TimeSpan Elapsed, TimeSpan? Remaining) : MergeEvent
{
    /// <summary>Bytes read and written by second.</summary>
    public double BytesPerSecond => Elapsed > TimeSpan.Zero ? (OutputBytes + InputBytes) / Elapsed.TotalSeconds : 0;
}
