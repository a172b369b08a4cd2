using FastMerge.Checkpoint.Output;
using FastMerge.Core;
using FastMerge.Testing.Storage;

namespace FastMerge.Tests.Output;

public class OutputVerifierTests
{
    readonly MemoryStorage _storage = new();
    readonly OutputScenario _scenario = OutputScenario.Sharded();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AFinishedMerge_IsGood(bool single)
    {
        var scenario = FaultTests.Scenario(single);
        scenario.Run(_storage);
        var hashed = 0L;
        var report = Verify(bytes => Interlocked.Add(ref hashed, bytes));
        Assert.True(report.IsGood && report.HasLock);
        Assert.Empty(report.Notes);
        var files = _storage.Files(OutputScenario.Folder);
        Assert.Equal(files.Keys, report.Files.Select(file => file.File).Order(StringComparer.Ordinal));
        Assert.Equal(files.Where(file => file.Key != "fastmerge.lock.json").Sum(file => file.Value.Length), hashed);
    }

    [Fact]
    public void OneFlippedBitAnywhere_IsFoundInItsFile()
    {
        _scenario.Run(_storage);
        var random = new Random(2);
        foreach (var (name, content) in _storage.Files(OutputScenario.Folder))
        {
            var anywhere = Enumerable.Range(0, 20).Select(_ => random.Next(content.Length));
            int[] places = [0, 9, content.Length / 2, content.Length - 1, .. anywhere];
            foreach (var place in places)
            {
                Flip(name, place);
                var report = Verify();
                var bad = report.Files.Where(file => file.Problem is not null).Select(file => file.File).ToList();
                Assert.Contains(name, bad);
                // A changed lock may name other hashes; any other file spoils only itself.
                Assert.True(bad.Count == 1 || name == "fastmerge.lock.json");
                Flip(name, place);
            }
        }
        Assert.True(Verify().IsGood);
    }

    [Fact]
    public void MissingAndCutFiles_AreFound()
    {
        _scenario.Run(_storage);
        ((FastMerge.Checkpoint.IStorage)_storage).Delete(OutputScenario.Folder + "/config.json");
        _storage.Tamper(OutputScenario.Folder + "/README.md", bytes => bytes[1..]);
        var bad = Verify().Files.Where(file => file.Problem is not null)
            .ToDictionary(file => file.File, file => file.Problem!);
        Assert.Equal(2, bad.Count);
        Assert.Contains("missing", bad["config.json"]);
        Assert.Contains("69999 bytes", bad["README.md"]);
    }

    [Fact]
    public void WithoutALock_HeadersAndIndexAreCheckedAndItSaysSo()
    {
        _scenario.Run(_storage);
        ((FastMerge.Checkpoint.IStorage)_storage).Delete(OutputScenario.Folder + "/fastmerge.lock.json");
        var report = Verify();
        Assert.True(report.IsGood && !report.HasLock);
        Assert.Equal(3, report.Files.Count);
        Assert.Contains("the data was not", Assert.Single(report.Notes));
        _storage.Tamper(OutputScenario.Folder + "/model-00002-of-00003.safetensors", bytes => bytes[..^1]);
        Assert.False(Verify().IsGood);
    }

    [Fact]
    public void AnUnfinishedMerge_IsNotGood()
    {
        using (var output = _scenario.Open(_storage)) _scenario.WriteMissing(output, calls: 3);
        var report = Verify();
        Assert.False(report.IsGood);
        Assert.Contains(report.Notes, note => note.Contains("--resume"));
    }

    [Fact]
    public void AStrayWeightFile_IsNoted()
    {
        _scenario.Run(_storage);
        _storage.Put(OutputScenario.Folder + "/model.safetensors", "old"u8);
        var report = Verify();
        Assert.True(report.IsGood);
        Assert.Contains("'model.safetensors'", Assert.Single(report.Notes));
    }

    [Fact]
    public void AMissingFolder_IsAUsageFailure() => OutputScenario.Fails(FailureKind.Usage, () => Verify());

    VerifyReport Verify(Action<long>? progress = null) => OutputVerifier.Verify(
        OutputScenario.Folder, _storage, OutputScenario.Hasher, progress);

    void Flip(string name, int place) => _storage.Tamper($"{OutputScenario.Folder}/{name}", bytes =>
    {
        bytes[place] ^= 4;
        return bytes;
    });
}
