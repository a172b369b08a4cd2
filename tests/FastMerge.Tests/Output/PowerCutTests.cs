using FastMerge.Testing.Storage;

namespace FastMerge.Tests.Output;

/// <summary>The power goes at every storage call: what was not synced is gone, or any part of it.</summary>
public class PowerCutTests
{
    [Theory]
    [InlineData(false, null)]
    [InlineData(false, 1)]
    [InlineData(false, 2)]
    [InlineData(false, 3)]
    [InlineData(false, 4)]
    [InlineData(true, null)]
    [InlineData(true, 1)]
    [InlineData(true, 2)]
    [InlineData(true, 3)]
    [InlineData(true, 4)]
    public void CutAtEveryCall_ResumeGivesTheSameBytes(bool single, int? seed)
    {
        var scenario = FaultTests.Scenario(single);
        var expected = scenario.Expected();
        var notices = new List<string>();
        scenario.Request = scenario.Request with { Notice = notices.Add };
        var call = 0;
        FaultyStorage faulty;
        do
        {
            var storage = new MemoryStorage();
            faulty = new FaultyStorage(storage, ++call, sticky: true);
            FaultTests.RunDisturbed(scenario, faulty, resume: false);
            var after = storage.AfterPowerLoss(seed is { } s ? new Random(s * 1000 + call) : null);
            AssertCompleteIfItLooksComplete(expected, after, scenario.Layout.LastName);
            scenario.Run(after, resume: true);
            // What the journal acknowledged was all there.
            Assert.Empty(notices);
            OutputScenario.AssertEqual(expected, after.AfterPowerLoss(null));
        }
        while (faulty.Fired);
        Assert.True(call > 50, $"only {call} calls were tried");
    }

    [Fact]
    public void AFailedSync_IsNotTrustedLater()
    {
        var scenario = OutputScenario.Sharded();
        var expected = scenario.Expected();
        for (var failing = 1; failing <= 12; failing++)
        {
            var storage = new MemoryStorage();
            var faulty = new FaultyStorage(storage, failing) { Counts = (operation, _) => operation == "sync" };
            FaultTests.RunDisturbed(scenario, faulty, resume: false);
            storage.ReleaseLocks();
            scenario.Run(storage, resume: true);
            OutputScenario.AssertEqual(expected, storage.AfterPowerLoss(null));
        }
    }

    static void AssertCompleteIfItLooksComplete(
        SortedDictionary<string, byte[]> expected, MemoryStorage storage, string lastName)
    {
        var found = storage.Files(OutputScenario.Folder);
        if (!found.ContainsKey(lastName)) return;
        foreach (var (name, content) in expected)
            Assert.True(found.TryGetValue(name, out var bytes) && content.AsSpan().SequenceEqual(bytes),
                $"'{lastName}' is there but '{name}' is not complete");
    }
}
