using FastMerge.Core;
using FastMerge.Testing;

namespace FastMerge.Tests.Merging;

/// <summary>The same bits for any thread count, chunk size, way of reading and kind of kernel.</summary>
public class DeterminismTests
{
    static readonly long[] Chunks = [64 << 10, 256 << 10, 1 << 20, 64 << 20];

    static readonly int[] Threads = [1, 2, 3, 8];

    public static TheoryData<string> Recipes() => [.. EngineScene.Recipes.Keys];

    [Theory]
    [MemberData(nameof(Recipes))]
    public async Task Merge_GivesTheSameBits(string name)
    {
        using var folder = new TempFolder();
        var recipe = new EngineScene(folder.Root).Write().Recipe(name);
        var expected = await Hash(recipe, new() { Threads = 1, ChunkBytes = 64 << 20 });
        foreach (var chunk in Chunks)
            foreach (var threads in Threads)
            {
                var mode = (InputMode)((threads + (int)(chunk >> 18)) % 3);
                Assert.Equal(
                    expected, await Hash(recipe, new() { Threads = threads, ChunkBytes = chunk, Input = mode }));
            }
        Assert.Equal(expected, await Hash(recipe, new() { Threads = 2, ChunkBytes = 64 << 10, Interpret = true }));
        Assert.Equal(
            expected, await Hash(recipe, new() { Threads = 2, MemoryBytes = 48 << 20, Input = InputMode.Read }));
    }

    [Fact]
    public async Task Seed_ChangesRandomMethodsOnly()
    {
        using var folder = new TempFolder();
        var scene = new EngineScene(folder.Root).Write();
        Assert.NotEqual(
            await Hash(scene.Recipe("dare_ties"), new()), await Hash(scene.Recipe("dare_ties"), new() { Seed = 1 }));
        Assert.Equal(await Hash(scene.Recipe("ties"), new()), await Hash(scene.Recipe("ties"), new() { Seed = 1 }));
    }

    static async Task<string> Hash(RecipeSource recipe, MergeOptions options)
    {
        var report = await Merger.MergeAsync(recipe, null, options with { Sink = OutputSink.Hash });
        return report.Hash!;
    }
}
