using System.Diagnostics;

namespace FastMerge.Bench;

/// <summary>Runs the same work on several threads that start together.</summary>
static class Team
{
    const int FewestRuns = 3;

    /// <summary>
    /// The time from the first start to the last end; <paramref name="work"/> gets the thread's number.
    /// </summary>
    public static TimeSpan Run(int threads, Action<int> work)
    {
        var (starts, ends) = (new long[threads], new long[threads]);
        using var barrier = new Barrier(threads);
        var tasks = Enumerable.Range(0, threads).Select(thread => Task.Factory.StartNew(() =>
        {
            barrier.SignalAndWait();
            starts[thread] = Stopwatch.GetTimestamp();
            work(thread);
            ends[thread] = Stopwatch.GetTimestamp();
        }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
        Task.WhenAll(tasks).GetAwaiter().GetResult();
        return Stopwatch.GetElapsedTime(starts.Min(), ends.Max());
    }

    /// <summary>The best of the runs that fit a time, but of three at least; one more warms up.</summary>
    public static TimeSpan Best(TimeSpan budget, CancellationToken cancellation, Func<TimeSpan> run)
    {
        run();
        var best = TimeSpan.MaxValue;
        var spent = TimeSpan.Zero;
        for (var i = 0; i < FewestRuns || spent < budget; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            var time = run();
            spent += time;
            if (time < best) best = time;
        }
        return best;
    }
}
