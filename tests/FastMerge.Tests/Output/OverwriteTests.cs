using System.Text;
using FastMerge.Core;
using FastMerge.Testing.Storage;

namespace FastMerge.Tests.Output;

public class OverwriteTests
{
    readonly MemoryStorage _storage = new();
    readonly OutputScenario _scenario = OutputScenario.Sharded();

    [Fact]
    public void Overwrite_ReplacesAFinishedMergeIndexFirst()
    {
        var old = OutputScenario.Single();
        old.Request = old.Request with { PlanHash = 9 };
        old.Run(_storage);
        var deleted = new List<string>();
        _scenario.Request = _scenario.Request with { Notice = deleted.Add };
        _scenario.Run(_storage, overwrite: true);
        OutputScenario.AssertEqual(_scenario.Expected(), _storage);
        Assert.Equal("deletes model.safetensors", deleted[0]);
        Assert.Equal("deletes fastmerge.lock.json", deleted[^1]);
    }

    [Fact]
    public void Overwrite_ReplacesAnUnfinishedMergeOfAnotherPlan()
    {
        using (var output = _scenario.Open(_storage)) _scenario.WriteMissing(output, calls: 4);
        _scenario.Request = _scenario.Request with { PlanHash = 77 };
        Assert.Equal(0, _scenario.Run(_storage, overwrite: true));
        Assert.DoesNotContain(_storage.Files(OutputScenario.Folder).Keys, name => name.EndsWith(".tmp"));
    }

    [Fact]
    public void Overwrite_OfALockThatPointsOutside_IsRefused()
    {
        _storage.Put("/out/precious.txt", "x"u8);
        _scenario.Run(_storage);
        _storage.Tamper(OutputScenario.Folder + "/fastmerge.lock.json", bytes => Encoding.UTF8.GetBytes(
            Encoding.UTF8.GetString(bytes).Replace("\"config.json\"", "\"../precious.txt\"")));
        OutputScenario.Fails(FailureKind.Usage, () => _scenario.Run(_storage, overwrite: true));
        Assert.Contains("precious.txt", _storage.Files("/out").Keys);
    }
}
