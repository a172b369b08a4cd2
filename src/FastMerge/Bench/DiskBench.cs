using System.Diagnostics;
using FastMerge.Backends;
using FastMerge.Checkpoint;
using FastMerge.Checkpoint.Input;

namespace FastMerge.Bench;

/// <summary>How fast a folder's file system takes and gives a file of a merge's kind.</summary>
static unsafe class DiskBench
{
    const int BlockBytes = 8 << 20;
    const int MostBlocks = 64;
    static readonly TimeSpan Budget = TimeSpan.FromSeconds(1.5);

    /// <summary>Bytes a second: written and synced, read from the page cache, read past it.</summary>
    public static IEnumerable<(string Name, double BytesPerSecond)> Measure(
        string folder, IStorage storage, CancellationToken cancellation)
    {
        var path = Path.Combine(folder, $".fastmerge-bench-{Environment.ProcessId}");
        try
        {
            long length;
            using (var file = storage.OpenWrite(path))
            {
                var (bytes, time) = Write(file, cancellation);
                length = bytes;
                yield return ("write and sync", bytes / time.TotalSeconds);
            }
            yield return ("read, cached", Read(new PlainBytes(storage.OpenRead(path)), length, cancellation));
            yield return ("read, direct", Read(new DirectBytes(storage.OpenRead(path)), length, cancellation));
        }
        finally
        {
            storage.Delete(path);
        }
    }

    static (long Bytes, TimeSpan Time) Write(IStorageFile file, CancellationToken cancellation)
    {
        var block = new byte[BlockBytes];
        Random.Shared.NextBytes(block);
        file.Preallocate((long)MostBlocks * BlockBytes);
        var watch = Stopwatch.StartNew();
        var bytes = 0L;
        for (var i = 0; i < MostBlocks && watch.Elapsed < Budget; i++, bytes += BlockBytes)
        {
            cancellation.ThrowIfCancellationRequested();
            file.Write(bytes, block);
        }
        file.Truncate(bytes);
        file.Sync();
        return (bytes, watch.Elapsed);
    }

    static double Read(InputBytes file, long length, CancellationToken cancellation)
    {
        using var input = file;
        using var buffer = new NativeBlock(BlockBytes + (1 << 16));
        var watch = Stopwatch.StartNew();
        var bytes = 0L;
        for (; bytes < length && watch.Elapsed < Budget; bytes += BlockBytes)
        {
            cancellation.ThrowIfCancellationRequested();
            input.Fetch(bytes, BlockBytes, buffer.Data);
        }
        return bytes / watch.Elapsed.TotalSeconds;
    }
}
