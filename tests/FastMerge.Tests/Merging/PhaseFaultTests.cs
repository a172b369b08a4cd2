using FastMerge.Checkpoint;
using FastMerge.Checkpoint.Output;
using FastMerge.Core;
using FastMerge.Engine;
using FastMerge.Engine.Sinks;
using FastMerge.Testing.Reference;
using FastMerge.Testing.Storage;

namespace FastMerge.Tests.Merging;

/// <summary>Every storage call of a merge with phases fails once, or all calls from it on; a resume then gives the same
/// files.</summary>
public class PhaseFaultTests
{
    const string Output = "/out";

    [Theory]
    [InlineData(StorageFault.DeviceError, false)]
    [InlineData(StorageFault.NoSpace, true)]
    public void EveryCallFails_ResumeGivesTheSameFiles(StorageFault fault, bool sticky)
    {
        var scene = new EngineScene("/models");
        var undisturbed = Fill(scene);
        Run(scene, undisturbed, false);
        var expected = undisturbed.Files(Output);
        var (call, kept) = (0, 0);
        FaultyStorage faulty;
        do
        {
            var storage = Fill(scene);
            faulty = new FaultyStorage(storage, ++call, fault, sticky);
            try
            {
                Run(scene, faulty, false);
            }
            catch (Exception e) when (e is FastMergeException or IOException)
            {
                Assert.True(faulty.Fired, e.Message);
                Assert.True((e as FastMergeException)?.Kind is null or FailureKind.Io, $"call {call}: {e.Message}");
            }
            storage.ReleaseLocks();
            kept += Run(scene, storage, true) ? 1 : 0;
            var found = storage.Files(Output);
            Assert.Equal(expected.Keys, found.Keys);
            foreach (var (name, content) in expected)
                Assert.True(content.AsSpan().SequenceEqual(found[name]), $"call {call}: {name} differs");
        }
        while (faulty.Fired);
        Assert.True(call > 60, $"only {call} calls were tried");
        Assert.True(kept > 20, $"only {kept} resumed runs had a phase to go on from");
    }

    static MemoryStorage Fill(EngineScene scene)
    {
        var storage = new MemoryStorage();
        foreach (var (path, content) in scene.Files) storage.Put($"{scene.Root}/{path}", content);
        return storage;
    }

    /// <summary>Runs a merge; whether an earlier run had journalled a phase.</summary>
    static bool Run(EngineScene scene, IStorage storage, bool resume)
    {
        var inputs = HandPlan.Open(scene, storage);
        var tensors = HandPlan.Of(
            new NormedModelTrim(), new MethodArguments().Set("density", 0.23), inputs, DType.BF16);
        using var folder = OutputFolder.Open(new()
        {
            Folder = Output,
            Layout = ShardLayout.Create(
                [.. tensors.Select(t => t.Output)], 150_000, new Dictionary<string, string>()),
            PlanHash = 7,
            Resume = resume,
            Threads = 1,
        }, storage, BlockHasher.Instance);
        if (folder.AlreadyComplete) return true;
        var kept = folder.FindPhase(0) is not null;
        HandPlan.Run(tensors, inputs, new FolderSink(folder), new() { Input = InputMode.Read });
        folder.Publish([], new("test", 0, 0, "", [], []));
        return kept;
    }
}
