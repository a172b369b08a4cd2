using FastMerge.Checkpoint;
using FastMerge.Checkpoint.Output;
using FastMerge.Core;
using FastMerge.Testing.Storage;

namespace FastMerge.Tests.Output;

/// <summary>The protocol on the files of the system.</summary>
public sealed class RealFileTests : IDisposable
{
    readonly string _root = Directory.CreateTempSubdirectory("fastmerge").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void InterruptedAndResumed_GivesTheSameBytes(bool single)
    {
        var folder = Path.Join(_root, "deep", "er", "model");
        var expected = FaultTests.Scenario(single).Expected();
        var scenario = FaultTests.Scenario(single).To(folder + "/");
        for (var calls = 1; calls <= 3; calls++)
        {
            using var output = scenario.Open(FileStorage.Instance, resume: calls > 1);
            scenario.WriteMissing(output, 1);
        }
        Assert.True(scenario.Run(FileStorage.Instance, resume: true) > 0);
        AssertEqual(expected, folder);
        Assert.True(OutputVerifier.Verify(folder, FileStorage.Instance, OutputScenario.Hasher).IsGood);
        scenario.Run(FileStorage.Instance, overwrite: true);
        AssertEqual(expected, folder);
    }

    [Fact]
    public void EveryNinthCallFails_ResumeGivesTheSameBytes()
    {
        var expected = OutputScenario.Sharded().Expected();
        for (var call = 1; call < 130; call += 9)
        {
            var folder = Path.Join(_root, $"at{call}");
            var scenario = OutputScenario.Sharded().To(folder);
            FaultTests.RunDisturbed(scenario, new FaultyStorage(FileStorage.Instance, call), resume: false);
            scenario.Run(FileStorage.Instance, resume: true);
            AssertEqual(expected, folder);
        }
    }

    [Fact]
    public void ASecondMerge_IsRefused()
    {
        var scenario = OutputScenario.Sharded().To(Path.Join(_root, "model"));
        using (scenario.Open(FileStorage.Instance))
            OutputScenario.Fails(FailureKind.OutputInUse, () => scenario.Open(FileStorage.Instance, resume: true));
        scenario.Run(FileStorage.Instance, resume: true);
    }

    static void AssertEqual(SortedDictionary<string, byte[]> expected, string folder)
    {
        var found = Directory.EnumerateFileSystemEntries(folder).Select(path => Path.GetFileName(path));
        Assert.Equal(expected.Keys, found.Order(StringComparer.Ordinal));
        Assert.All(expected, file => Assert.Equal(file.Value, File.ReadAllBytes(Path.Join(folder, file.Key))));
    }
}
