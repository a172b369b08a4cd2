using FastMerge.Bench;
using FastMerge.Core;
using FastMerge.Testing;

namespace FastMerge.Tests.Bench;

public class BenchmarkTests
{
    static BenchmarkOptions Quick => new() { Elements = 1 << 18, TimePerFigure = TimeSpan.Zero, Threads = 2 };

    [Fact]
    public void Figures_CoverMemoryAndEveryKindOfPass()
    {
        var figures = Benchmark.Run(Quick).ToList();
        Assert.All(figures, f => Assert.True(f.BytesPerSecond > 0, f.ToString()));
        Assert.Equal([1, 2], figures.Where(f => f.Kind == "memory").Select(f => f.Threads));
        foreach (var kind in new[] { "map", "map, interpreted", "reduce", "select" })
            Assert.Contains(figures, f => f.Kind == kind && f.Ratio > 0);
        Assert.Equal(["ties", "ties"], figures.Where(f => f is { Kind: "map", Name: "ties" }).Select(f => f.Name));
        Assert.DoesNotContain(figures, f => f.Kind == "disk");
    }

    [Fact]
    public void EveryMethod_HasARow()
    {
        var passes = KernelBench.Passes();
        Assert.True(passes.Select(p => p.Key).Distinct().Count() < passes.Count);
        Assert.Equal(
            Catalog.Methods.Select(m => m.Name).Order(),
            passes.Where(p => p.Kind == "map").Select(p => p.Method).Order());
    }

    [Fact]
    public void Disk_IsMeasuredAndLeftClean()
    {
        using var folder = new TempFolder();
        var figures = Benchmark.Run(Quick with { Folder = folder.Root })
            .TakeWhile(f => f.Kind is "memory" or "disk").ToList();
        Assert.Equal(["write and sync", "read, cached", "read, direct"],
            figures.Where(f => f.Kind == "disk").Select(f => f.Name));
        Assert.Empty(Directory.GetFiles(folder.Root));
    }

    [Fact]
    public void Disk_OfNoFolder_IsUsage()
    {
        var options = Quick with { Folder = "/no/such" };
        var failure = Assert.Throws<FastMergeException>(() => Benchmark.Run(options).ToList());
        Assert.Equal(FailureKind.Usage, failure.Kind);
    }

    [Fact]
    public void Cancellation_Stops()
    {
        using var source = new CancellationTokenSource();
        source.Cancel();
        Assert.Throws<OperationCanceledException>(() => Benchmark.Run(Quick, source.Token).ToList());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Shares_CoverEverythingOnce(int threads)
    {
        const long first = 5, count = 10 * BenchData.Grain + 7;
        var at = first;
        for (var thread = 0; thread < threads; thread++)
        {
            var (begin, length) = BenchData.Share(thread, threads, first, count);
            Assert.Equal(at, begin);
            at += length;
        }
        Assert.Equal(first + count, at);
    }
}
