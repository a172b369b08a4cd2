using System.Diagnostics;

namespace FastMerge.Tests.Checkpoint;

/// <summary>Times that a busy machine does not spoil.</summary>
static class Timing
{
    /// <summary>The shortest of several runs; stops at the first that takes less than a tenth of a second.</summary>
    public static TimeSpan Best(int runs, Action action)
    {
        var best = TimeSpan.MaxValue;
        for (var i = 0; i < runs && best > TimeSpan.FromSeconds(0.1); i++)
        {
            var clock = Stopwatch.StartNew();
            action();
            if (clock.Elapsed < best) best = clock.Elapsed;
        }
        return best;
    }
}
