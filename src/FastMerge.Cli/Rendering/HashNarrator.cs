namespace FastMerge.Cli.Rendering;

/// <summary>Tells now and then how many bytes have been hashed. Bytes may come from any thread.</summary>
sealed class HashNarrator(Session session, TimeProvider time)
{
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    readonly Lock _lock = new();
    readonly long _start = time.GetTimestamp();
    long _last = time.GetTimestamp();
    long _bytes;

    /// <summary>Counts bytes.</summary>
    public void Add(long bytes)
    {
        lock (_lock)
        {
            _bytes += bytes;
            if (time.GetElapsedTime(_last) < Interval) return;
            _last = time.GetTimestamp();
            var rate = _bytes / time.GetElapsedTime(_start).TotalSeconds;
            session.Narrate($"{Display.Bytes(_bytes)} hashed, {Display.Rate(rate)}");
        }
    }
}
