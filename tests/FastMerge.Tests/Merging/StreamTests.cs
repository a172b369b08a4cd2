using System.Buffers;
using FastMerge.Core;
using FastMerge.Testing;
using FastMerge.Testing.Checkpoints;

namespace FastMerge.Tests.Merging;

/// <summary>Merged tensors without files.</summary>
public class StreamTests
{
    [Fact]
    public async Task Stream_EqualsTheFolder_InNaturalOrder()
    {
        using var folder = new TempFolder();
        var recipe = new EngineScene(folder.Root).Write().Recipe("ties");
        await Merger.MergeAsync(recipe, folder["out"]);
        var expected = SafetensorsFile.ReadFolder(folder["out"]);
        var names = new List<string>();
        await foreach (var tensor in Merger.StreamAsync(recipe))
        {
            names.Add(tensor.Spec.Name);
            Assert.Equal(expected[tensor.Spec.Name].Data, tensor.Data.ToArray());
            tensor.Dispose();
        }
        Assert.Equal(expected.Count, names.Count);
        Assert.Equal(["blocks.0.weight", "blocks.1.weight", "blocks.2.weight", "blocks.10.weight"], names[..4]);
    }

    [Fact]
    public async Task SmallMemory_HoldsTheMergeUntilTensorsAreGivenBack()
    {
        using var folder = new TempFolder();
        var recipe = new EngineScene(folder.Root).Write().Recipe("linear");
        var least = (await Assert.ThrowsAsync<FastMergeException>(() => Take(recipe, 1 << 16, 1))).Message;
        Assert.Contains("MiB", least, StringComparison.Ordinal);
        Assert.Equal(9, await Take(recipe, 8 << 20, int.MaxValue));
    }

    [Fact]
    public async Task Consumer_MayStopEarly()
    {
        using var folder = new TempFolder();
        Assert.Equal(2, await Take(new EngineScene(folder.Root).Write().Recipe("dare_ties"), 64 << 20, 2));
    }

    [Fact]
    public async Task Cancellation_EndsTheStream()
    {
        using var folder = new TempFolder();
        using var stop = new CancellationTokenSource();
        var recipe = new EngineScene(folder.Root).Write().Recipe("ties");
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var tensor in Merger.StreamAsync(recipe, cancellation: stop.Token))
            {
                tensor.Dispose();
                await stop.CancelAsync();
            }
        });
    }

    [Fact]
    public async Task NonFiniteError_ReachesTheConsumer()
    {
        using var folder = new TempFolder();
        var scene = new EngineScene(folder.Root).Write();
        Spoil(folder["ft1/model.safetensors"]);
        var failure = await Assert.ThrowsAsync<FastMergeException>(async () =>
        {
            await foreach (
                var tensor in Merger.StreamAsync(scene.Recipe("linear"), new() { NonFinite = NonFinitePolicy.Error }))
                tensor.Dispose();
        });
        Assert.Equal(FailureKind.NonFinite, failure.Kind);
    }

    [Fact]
    public async Task NonFinite_IsCountedOrZeroed()
    {
        using var folder = new TempFolder();
        var scene = new EngineScene(folder.Root).Write();
        Spoil(folder["ft1/model.safetensors"]);
        var counted = await Merger.MergeAsync(scene.Recipe("linear"), null, new() { Sink = OutputSink.Hash });
        var found = Assert.Single(counted.NonFinite);
        Assert.Equal((1L, 1L), (found.Inputs, found.Output));
        Assert.Contains(counted.Warnings, w => w.Contains("NaN", StringComparison.Ordinal));
        var zeroed = await Merger.MergeAsync(
            scene.Recipe("linear"), null, new() { Sink = OutputSink.Hash, NonFinite = NonFinitePolicy.Zero });
        Assert.Equal((1L, 0L), (zeroed.NonFinite.Single().Inputs, zeroed.NonFinite.Single().Output));
        Assert.NotEqual(counted.Hash, zeroed.Hash);
    }

    /// <summary>Writes an infinity over the first element of the file's data.</summary>
    static void Spoil(string path)
    {
        var content = File.ReadAllBytes(path);
        var data = 8 + (int)BitConverter.ToUInt64(content);
        (content[data], content[data + 1]) = (0x80, 0x7f);
        File.WriteAllBytes(path, content);
    }

    static async Task<int> Take(RecipeSource recipe, long memory, int most)
    {
        var count = 0;
        await foreach (var tensor in Merger.StreamAsync(recipe, new() { MemoryBytes = memory, Threads = 2 }))
        {
            tensor.Dispose();
            if (++count == most) break;
        }
        return count;
    }
}
