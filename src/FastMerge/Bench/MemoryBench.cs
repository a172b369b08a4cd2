namespace FastMerge.Bench;

/// <summary>How fast this machine copies memory: the limit of everything else.</summary>
static unsafe class MemoryBench
{
    /// <summary>Bytes read and written by second.</summary>
    public static double Copy(BenchData data, int threads, TimeSpan budget, CancellationToken cancellation)
    {
        var half = data.Block.Bytes / 2;
        var share = half / threads & -4096;
        var time = Team.Best(budget, cancellation, () => Team.Run(threads, thread => Buffer.MemoryCopy(
            data.Block.Data + thread * share, data.Block.Data + half + thread * share, share, share)));
        return 2.0 * share * threads / time.TotalSeconds;
    }
}
