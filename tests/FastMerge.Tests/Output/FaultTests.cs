using FastMerge.Checkpoint;
using FastMerge.Core;
using FastMerge.Testing.Storage;

namespace FastMerge.Tests.Output;

/// <summary>Every storage call fails once; the resume must give the bytes of an undisturbed run.</summary>
public class FaultTests
{
    public static TheoryData<bool, StorageFault, bool> Faults()
    {
        var data = new TheoryData<bool, StorageFault, bool>();
        foreach (var single in new[] { false, true })
        {
            foreach (var fault in Enum.GetValues<StorageFault>())
            {
                data.Add(single, fault, false);
                data.Add(single, fault, true);
            }
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public void EveryCallFails_ResumeGivesTheSameBytes(bool single, StorageFault fault, bool sticky)
    {
        var scenario = Scenario(single);
        var expected = scenario.Expected();
        var call = 0;
        FaultyStorage faulty;
        do
        {
            var storage = new MemoryStorage();
            faulty = new FaultyStorage(storage, ++call, fault, sticky);
            RunDisturbed(scenario, faulty, resume: false);
            storage.ReleaseLocks();
            scenario.Run(storage, resume: true);
            OutputScenario.AssertEqual(expected, storage);
        }
        while (faulty.Fired);
        Assert.True(call > 50, $"only {call} calls were tried");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void EveryCallOfTheResumeFails_SecondResumeGivesTheSameBytes(bool single)
    {
        var scenario = Scenario(single);
        var expected = scenario.Expected();
        var call = 0;
        FaultyStorage faulty;
        do
        {
            var storage = new MemoryStorage();
            RunDisturbed(scenario, new FaultyStorage(storage, 60, sticky: true), resume: false);
            storage.ReleaseLocks();
            faulty = new FaultyStorage(storage, ++call);
            RunDisturbed(scenario, faulty, resume: true);
            storage.ReleaseLocks();
            scenario.Run(storage, resume: true);
            OutputScenario.AssertEqual(expected, storage);
        }
        while (faulty.Fired);
        Assert.True(call > 25, $"only {call} calls were tried");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void EveryCallOfAnOverwriteFails_OverwriteGivesTheSameBytes(bool single)
    {
        var scenario = Scenario(single);
        var expected = scenario.Expected();
        var old = Scenario(!single);
        old.Request = old.Request with { PlanHash = 0x999 };
        var call = 0;
        FaultyStorage faulty;
        do
        {
            var storage = new MemoryStorage();
            old.Run(storage);
            faulty = new FaultyStorage(storage, ++call);
            RunDisturbed(scenario, faulty, resume: false, overwrite: true);
            storage.ReleaseLocks();
            AssertIndexNamesNothingMissing(storage);
            scenario.Run(storage, overwrite: true);
            OutputScenario.AssertEqual(expected, storage);
        }
        while (faulty.Fired);
    }

    static void AssertIndexNamesNothingMissing(MemoryStorage storage)
    {
        var files = storage.Files(OutputScenario.Folder);
        if (!files.TryGetValue("model.safetensors.index.json", out var text)) return;
        var index = ShardIndex.Parse(text, "index");
        Assert.All(index.FileNames, name => Assert.Contains(name, files.Keys));
    }

    internal static void RunDisturbed(
        OutputScenario scenario, FaultyStorage storage, bool resume, bool overwrite = false)
    {
        try
        {
            scenario.Run(storage, resume, overwrite);
        }
        catch (FastMergeException e)
        {
            Assert.Equal(FailureKind.Io, e.Kind);
            Assert.True(storage.Fired);
        }
    }

    internal static OutputScenario Scenario(bool single) =>
        single ? OutputScenario.Single() : OutputScenario.Sharded();
}
