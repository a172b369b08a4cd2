using FastMerge.Core;
using FastMerge.Testing.Storage;

namespace FastMerge.Tests.Merging;

/// <summary>Every storage call of a whole merge fails once; a resume then gives the same files.</summary>
public class StorageFaultTests
{
    const string Output = "/out";

    public static TheoryData<string, StorageFault, bool> Faults() => new()
    {
        { "ties", StorageFault.DeviceError, false },
        { "linear", StorageFault.NoSpace, true },
        { "dare_ties", StorageFault.DeviceError, true },
        { "model_stock_rows", StorageFault.NoPermission, false },
    };

    /// <summary>Every call of the first, of the others every third.</summary>
    [Theory]
    [MemberData(nameof(Faults))]
    public Task CallsFail_ResumeGivesTheSameFiles(string name, StorageFault fault, bool sticky) =>
        FailCalls(name, fault, sticky, name == "ties" ? 1 : 3);

    [Theory]
    [Trait("Tier", "slow")]
    [MemberData(nameof(Faults))]
    public Task EveryCallFails_ResumeGivesTheSameFiles(string name, StorageFault fault, bool sticky) =>
        FailCalls(name, fault, sticky, 1);

    static async Task FailCalls(string name, StorageFault fault, bool sticky, int step)
    {
        var scene = new EngineScene("/models");
        var expected = await Undisturbed(scene, name);
        var call = 1 - step;
        FaultyStorage faulty;
        do
        {
            var storage = Fill(scene);
            faulty = new FaultyStorage(storage, call += step, fault, sticky);
            try
            {
                await Run(scene, name, faulty, resume: false);
            }
            catch (FastMergeException e)
            {
                Assert.True(faulty.Fired, e.Message);
                // No permission to read a model is a fault of the input, not of the disk.
                var isInput = fault == StorageFault.NoPermission && e.Kind == FailureKind.Input;
                Assert.True(isInput || e.Kind == FailureKind.Io, $"call {call}: {e.Kind} {e.Message}");
            }
            storage.ReleaseLocks();
            await Run(scene, name, storage, resume: true);
            AssertEqual(expected, storage);
        }
        while (faulty.Fired);
        Assert.True(call > 60, $"only {call} calls were tried");
    }

    static async Task<SortedDictionary<string, byte[]>> Undisturbed(EngineScene scene, string name)
    {
        var storage = Fill(scene);
        await Run(scene, name, storage, resume: false);
        return storage.Files(Output);
    }

    static Task Run(EngineScene scene, string name, FastMerge.Checkpoint.IStorage storage, bool resume) =>
        Merger.RunAsync(
        scene.Recipe(name), Output,
        new()
        {
            Threads = 2, ChunkBytes = 64 << 10, ShardBytes = 150_000, Resume = resume, MemoryBytes = 64 << 20,
            Input = InputMode.Read,
        },
        null, storage, CancellationToken.None);

    static MemoryStorage Fill(EngineScene scene)
    {
        var storage = new MemoryStorage();
        foreach (var (name, content) in scene.Files) storage.Put($"{scene.Root}/{name}", content);
        return storage;
    }

    static void AssertEqual(SortedDictionary<string, byte[]> expected, MemoryStorage storage)
    {
        var files = storage.Files(Output);
        Assert.Equal(expected.Keys, files.Keys);
        foreach (var (name, content) in expected) Assert.True(content.AsSpan().SequenceEqual(files[name]), name);
    }
}
