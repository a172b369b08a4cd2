using FastMerge.Bench;
using FastMerge.Checkpoint;
using FastMerge.Core;

namespace FastMerge;

/// <summary>Measures this machine's memory and disk, and how near to them the kernels of the methods come.</summary>
public static class Benchmark
{
    const long Elements = 16 << 20;
    static readonly TimeSpan DefaultTime = TimeSpan.FromMilliseconds(120);

    /// <summary>
    /// Measures, and yields each figure as it is known. A few seconds in all; best of several runs each.
    /// </summary>
    /// <param name="options">What to measure.</param>
    /// <param name="cancellation">Stops after the current figure.</param>
    public static IEnumerable<BenchmarkFigure> Run(
        BenchmarkOptions? options = null, CancellationToken cancellation = default)
    {
        options ??= new();
        var budget = options.TimePerFigure ?? DefaultTime;
        var all = options.Threads ?? Environment.ProcessorCount;
        int[] threadCounts = all == 1 ? [1] : [1, all];
        using var data = new BenchData(options.Elements ?? Elements);
        data.Fill();
        var copy = new Dictionary<int, double>();
        foreach (var threads in threadCounts)
        {
            copy[threads] = MemoryBench.Copy(data, threads, budget, cancellation);
            yield return new("memory", "copy", threads, copy[threads], null);
        }
        if (options.Folder is not null)
            foreach (var (name, rate) in DiskFigures(options.Folder, cancellation))
                yield return new("disk", name, 1, rate, null);
        var measured = new Dictionary<((ulong, int), int, bool), double>();
        foreach (var pass in KernelBench.Passes())
        {
            foreach (var threads in threadCounts)
                yield return new(pass.Kind, pass.Method, threads, Rate(pass, threads, interpret: false), copy[threads]);
            if (pass.Before is null)
                yield return new("map, interpreted", pass.Method, all, Rate(pass, all, interpret: true), copy[all]);
        }

        // Methods that share a pass share its figure.
        double Rate(BenchPass pass, int threads, bool interpret)
        {
            if (!measured.TryGetValue((pass.Key, threads, interpret), out var rate))
                measured[(pass.Key, threads, interpret)] = rate =
                    KernelBench.Measure(pass, data, threads, interpret, budget, cancellation);
            return rate;
        }
    }

    static IEnumerable<(string, double)> DiskFigures(string folder, CancellationToken cancellation)
    {
        if (FileStorage.Instance.Stat(folder).Kind != EntryKind.Folder)
            throw new FastMergeException(
                FailureKind.Usage, $"'{DisplayText.Escape(folder)}' is not a folder to measure");
        return DiskBench.Measure(folder, FileStorage.Instance, cancellation);
    }
}

/// <summary>What <see cref="Benchmark"/> measures.</summary>
public sealed record BenchmarkOptions
{
    /// <summary>
    /// The folder whose file system is measured with a temporary file of half a gigabyte; null measures no disk.
    /// </summary>
    public string? Folder { get; init; }

    /// <summary>Threads of the parallel figures; null is one for each processor.</summary>
    public int? Threads { get; init; }

    /// <summary>Time for the runs of one figure, three at least; null is 120 ms.</summary>
    public TimeSpan? TimePerFigure { get; init; }

    /// <summary>Elements of each tensor; null is 16 Mi.</summary>
    public long? Elements { get; init; }
}

/// <summary>One figure.</summary>
/// <param name="Kind">
/// <c>memory</c>, <c>disk</c>, or the pass of a method: <c>map</c>, <c>reduce</c>, <c>select</c>.
/// </param>
/// <param name="Name">What was measured; of a pass, the method.</param>
/// <param name="Threads">Threads that worked.</param>
/// <param name="BytesPerSecond">Bytes read and written by second; of a disk, read or written.</param>
/// <param name="Limit">Bytes a second of a memory copy on as many threads; null where that is no limit.</param>
public sealed record BenchmarkFigure(string Kind, string Name, int Threads, double BytesPerSecond, double? Limit)
{
    /// <summary>The part of the limit that is reached.</summary>
    public double? Ratio => BytesPerSecond / Limit;
}
