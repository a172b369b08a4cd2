using System.Diagnostics;

namespace FastMerge.Engine;

/// <summary>Keeps writing below a rate.</summary>
sealed class WriteThrottle(long? bytesPerSecond, CancellationToken stop)
{
    readonly object _gate = new();
    readonly long _start = Stopwatch.GetTimestamp();
    double _due;

    /// <summary>Waits until these bytes may be written.</summary>
    public void Wait(int bytes)
    {
        if (bytesPerSecond is not { } rate) return;
        double due;
        lock (_gate)
        {
            // Time that was not used is lost, so that a pause is not followed by a burst.
            _due = Math.Max(_due, Stopwatch.GetElapsedTime(_start).TotalSeconds) + bytes / (double)rate;
            due = _due;
        }
        var wait = due - Stopwatch.GetElapsedTime(_start).TotalSeconds;
        if (wait > 0 && stop.WaitHandle.WaitOne(TimeSpan.FromSeconds(wait))) stop.ThrowIfCancellationRequested();
    }
}
