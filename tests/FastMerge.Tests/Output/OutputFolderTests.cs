using FastMerge.Checkpoint;
using FastMerge.Checkpoint.Output;
using FastMerge.Core;
using FastMerge.Testing.Storage;

namespace FastMerge.Tests.Output;

public class OutputFolderTests
{
    readonly MemoryStorage _storage = new();
    readonly OutputScenario _scenario = OutputScenario.Sharded();

    [Fact]
    public void AFinishedFolder_HoldsTheLayoutAndNothingElse()
    {
        _scenario.Run(_storage);
        var files = _storage.Files(OutputScenario.Folder);
        string[] names =
        [
            "README.md", "config.json", "fastmerge.lock.json", "model-00001-of-00003.safetensors",
            "model-00002-of-00003.safetensors", "model-00003-of-00003.safetensors", "model.safetensors.index.json",
        ];
        Assert.Equal(names, files.Keys);
        var checkpoint = InputCheckpoint.Open(new ModelLocation(OutputScenario.Folder), _storage);
        Assert.Equal(_scenario.Layout.Tensors.Count, checkpoint.Tensors.Count);
        Assert.Empty(checkpoint.Warnings);
    }

    [Fact]
    public void WritesFromManyThreadsInRandomOrder_GiveTheSameBytes()
    {
        using (var output = _scenario.Open(_storage))
        {
            var blocks = Enumerable.Range(0, _scenario.Layout.Tensors.Count)
                .SelectMany(t => output.MissingRanges(t).SelectMany(range => Blocks(t, range))).ToArray();
            new Random(5).Shuffle(blocks);
            Parallel.ForEach(blocks, new() { MaxDegreeOfParallelism = 8 },
                block => _scenario.Write(output, block.Tensor, block.Offset, block.Length));
            output.Publish(_scenario.SideFiles, OutputScenario.Lock);
        }
        OutputScenario.AssertEqual(_scenario.Expected(), _storage);
    }

    [Fact]
    public void Write_RefusesWhatIsNotWholeBlocks()
    {
        using var output = _scenario.Open(_storage);
        var data = new byte[OutputBlocks.Bytes];
        Assert.Throws<ArgumentException>(() => output.Write(0, 1, data, new UInt128[1]));
        Assert.Throws<ArgumentException>(() => output.Write(0, 0, data.AsSpan(1), new UInt128[1]));
        Assert.Throws<ArgumentException>(() => output.Write(0, 0, data, new UInt128[2]));
        Assert.Throws<ArgumentException>(() => output.Write(0, OutputBlocks.Bytes, data, new UInt128[1]));
    }

    [Fact]
    public void Publish_RefusesAnUnfinishedOutput()
    {
        using var output = _scenario.Open(_storage);
        _scenario.WriteMissing(output, calls: 3);
        Assert.Throws<InvalidOperationException>(() => output.Publish([], OutputScenario.Lock));
    }

    [Theory]
    [InlineData("../config.json")]
    [InlineData("fastmerge.lock.json")]
    [InlineData("model.safetensors")]
    [InlineData("a/b")]
    [InlineData(".fastmerge")]
    public void Publish_RefusesSideFilesOfOtherPlaces(string name)
    {
        using var output = _scenario.Open(_storage);
        _scenario.WriteMissing(output);
        OutputScenario.Fails(FailureKind.Input, () => output.Publish([new(name, default)], OutputScenario.Lock));
    }

    [Fact]
    public void ANonEmptyFolder_IsRefusedAndUntouched()
    {
        _storage.Put(OutputScenario.Folder + "/notes.txt", "mine"u8);
        var failure = OutputScenario.Fails(FailureKind.Usage, () => _scenario.Run(_storage));
        Assert.Contains("notes.txt", failure.Message);
        OutputScenario.Fails(FailureKind.Usage, () => _scenario.Run(_storage, resume: true));
        OutputScenario.Fails(FailureKind.Usage, () => _scenario.Run(_storage, overwrite: true));
        Assert.Equal(["notes.txt"], _storage.Files(OutputScenario.Folder).Keys);
        Assert.Empty(_storage.Folders(OutputScenario.Folder));
    }

    [Fact]
    public void AFile_IsNotAnOutputFolder()
    {
        _storage.Put(OutputScenario.Folder, "x"u8);
        OutputScenario.Fails(FailureKind.Usage, () => _scenario.Run(_storage));
    }

    [Fact]
    public void AnUnfinishedMerge_NeedsResumeOrOverwrite()
    {
        Interrupt(calls: 4);
        var failure = OutputScenario.Fails(FailureKind.Usage, () => _scenario.Run(_storage));
        Assert.Contains("--resume", failure.Message);
        OutputScenario.Fails(FailureKind.Usage, () => _scenario.Open(_storage, resume: true, overwrite: true));
        Assert.True(_scenario.Run(_storage, resume: true) > 0);
        OutputScenario.AssertEqual(_scenario.Expected(), _storage);
    }

    [Fact]
    public void ASecondMerge_IsRefusedAtOnceAndNamesTheHolder()
    {
        using var output = _scenario.Open(_storage);
        var failure = OutputScenario.Fails(FailureKind.OutputInUse, () => _scenario.Run(_storage));
        Assert.Contains($"process {Environment.ProcessId} on {Environment.MachineName}", failure.Message);
        OutputScenario.Fails(FailureKind.OutputInUse, () => _scenario.Run(_storage, resume: true));
        OutputScenario.Fails(FailureKind.OutputInUse, () => _scenario.Run(_storage, overwrite: true));
        _scenario.WriteMissing(output);
        output.Publish(_scenario.SideFiles, OutputScenario.Lock);
        OutputScenario.AssertEqual(_scenario.Expected(), _storage);
    }

    [Fact]
    public void TooLittleSpace_IsFoundBeforeAnythingIsWritten()
    {
        var need = _scenario.Layout.Shards.Sum(shard => shard.Length) + _scenario.Request.DiskReserve;
        _storage.Free = need - 1;
        OutputScenario.Fails(FailureKind.Resources, () => _scenario.Run(_storage));
        Assert.Equal(EntryKind.Absent, ((IStorage)_storage).Stat("/out").Kind);
        _storage.Free = need;
        _scenario.Run(_storage);
    }

    [Fact]
    public void AResume_NeedsSpaceOnlyForWhatIsNotThere()
    {
        Interrupt(calls: 4);
        _storage.Free = _scenario.Layout.Shards[^1].Length + _scenario.Request.DiskReserve;
        _scenario.Run(_storage, resume: true);
    }

    [Fact]
    public void AResumeWithAnotherPlan_NamesWhatChanged()
    {
        Interrupt(calls: 4);
        var request = _scenario.Request;
        _scenario.Request = request with { PlanHash = 5, PlanParts = [new("recipe", "slerp"), new("seed", "0")] };
        var failure = OutputScenario.Fails(FailureKind.Usage, () => _scenario.Run(_storage, resume: true));
        Assert.Contains("recipe was ties of three and is slerp", failure.Message);
        Assert.DoesNotContain("seed", failure.Message);
        _scenario.Request = request with { PlanHash = 5 };
        OutputScenario.Fails(FailureKind.Usage, () => _scenario.Run(_storage, resume: true));
        _scenario.Request = request;
        _scenario.Run(_storage, resume: true);
    }

    [Fact]
    public void AResumeWithAForeignFile_IsRefused()
    {
        Interrupt(calls: 4);
        _storage.Put(OutputScenario.Folder + "/model.safetensors", "old"u8);
        OutputScenario.Fails(FailureKind.Usage, () => _scenario.Run(_storage, resume: true));
        OutputScenario.Fails(FailureKind.Usage, () => _scenario.Run(_storage, overwrite: true));
        Assert.Equal("old"u8, _storage.Files(OutputScenario.Folder)["model.safetensors"]);
    }

    [Fact]
    public void AResumeOfAFinishedMerge_HasNothingToDo()
    {
        _scenario.Run(_storage);
        using (var output = _scenario.Open(_storage, resume: true))
        {
            Assert.True(output.AlreadyComplete);
            Assert.All(Enumerable.Range(0, _scenario.Layout.Tensors.Count), t => Assert.Empty(output.MissingRanges(t)));
        }
        OutputScenario.AssertEqual(_scenario.Expected(), _storage);
        OutputScenario.Fails(FailureKind.Usage, () => _scenario.Run(_storage));
        _storage.Tamper(OutputScenario.Folder + "/model-00002-of-00003.safetensors", FlipLast);
        OutputScenario.Fails(FailureKind.Verification, () => _scenario.Run(_storage, resume: true));
        _scenario.Request = _scenario.Request with { PlanHash = 5 };
        OutputScenario.Fails(FailureKind.Usage, () => _scenario.Run(_storage, resume: true));
    }

    [Fact]
    public void ADamagedBlock_IsWrittenAgainAndOthersAreKept()
    {
        Interrupt(calls: 2);
        var temporary = _storage.Files(OutputScenario.Folder).Keys.Single(name => name.EndsWith(".tmp"));
        _storage.Tamper($"{OutputScenario.Folder}/{temporary}", bytes =>
        {
            bytes[1000] ^= 1;
            return bytes;
        });
        using (var output = _scenario.Open(_storage, resume: true))
        {
            Assert.Equal([new ByteRange(0, OutputBlocks.Bytes)], output.MissingRanges(0));
            Assert.True(output.KeptBytes > 0);
            _scenario.WriteMissing(output);
            output.Publish(_scenario.SideFiles, OutputScenario.Lock);
        }
        OutputScenario.AssertEqual(_scenario.Expected(), _storage);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ADamagedFinishedShard_IsWrittenAgain(bool missing)
    {
        var notices = new List<string>();
        _scenario.Request = _scenario.Request with { Notice = notices.Add };
        using (var output = _scenario.Open(_storage)) _scenario.WriteMissing(output);
        var path = OutputScenario.Folder + "/model-00003-of-00003.safetensors";
        if (missing) ((IStorage)_storage).Delete(path);
        else _storage.Tamper(path, FlipLast);
        var kept = _scenario.Run(_storage, resume: true);
        Assert.Equal(_scenario.Layout.TotalBytes - DataBytes(_scenario.Layout.Shards[2]), kept);
        Assert.Contains("model-00003-of-00003.safetensors", Assert.Single(notices));
        OutputScenario.AssertEqual(_scenario.Expected(), _storage);
    }

    [Fact]
    public void AChangedInput_DiscardsEverythingUnfinished()
    {
        var request = _scenario.Request;
        _scenario.Request = request with
        {
            BeforeShardRename = shard =>
            {
                if (shard == 1) throw new FastMergeException(FailureKind.InputChanged, "an input changed");
            },
        };
        OutputScenario.Fails(FailureKind.InputChanged, () => _scenario.Run(_storage));
        Assert.DoesNotContain(_storage.Files(OutputScenario.Folder).Keys, name => name.EndsWith(".tmp"));
        _scenario.Request = request;
        Assert.Equal(DataBytes(_scenario.Layout.Shards[2]), _scenario.Run(_storage, resume: true));
        OutputScenario.AssertEqual(_scenario.Expected(), _storage);
    }

    [Fact]
    public void Sha256_IsRecordedForEveryFile()
    {
        _scenario.Request = _scenario.Request with { Sha256 = true };
        _scenario.Run(_storage);
        var files = _storage.Files(OutputScenario.Folder);
        var recorded = MergeLockJson.Read(files["fastmerge.lock.json"], "lock", FailureKind.Usage);
        Assert.Equal(files.Count - 1, recorded.Outputs.Length);
        Assert.All(recorded.Outputs, output => Assert.Equal(
            Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(files[output.File])), output.Sha256));
    }

    [Fact]
    public void APartGivenTwice_IsComparedAsAWhole()
    {
        var request = _scenario.Request;
        _scenario.Request = request with { PlanParts = [new("input", "a"), new("input", "b")] };
        Interrupt(calls: 4);
        _scenario.Request = request with { PlanParts = [new("input", "a"), new("input", "c")] };
        OutputScenario.Fails(FailureKind.Usage, () => _scenario.Run(_storage, resume: true));
        _scenario.Request = request with { PlanParts = [new("input", "a"), new("input", "b")] };
        Assert.True(_scenario.Run(_storage, resume: true) > 0);
    }

    [Fact]
    public void ASideFileOfAnEarlierAttempt_DoesNotStay()
    {
        var sideFiles = _scenario.SideFiles;
        _scenario.SideFiles = [.. sideFiles, new("tokenizer.json", "{}"u8.ToArray())];
        var faulty = new FaultyStorage(_storage, 1, sticky: true)
        {
            Counts = (operation, path) => operation == "rename" && path.Contains(".fastmerge.lock"),
        };
        OutputScenario.Fails(FailureKind.Io, () => _scenario.Run(faulty));
        Assert.Contains("tokenizer.json", _storage.Files(OutputScenario.Folder).Keys);
        _storage.ReleaseLocks();
        _scenario.SideFiles = sideFiles;
        _scenario.Run(_storage, resume: true);
        OutputScenario.AssertEqual(_scenario.Expected(), _storage);
    }

    static IEnumerable<(int Tensor, long Offset, long Length)> Blocks(int tensor, ByteRange range)
    {
        for (var done = 0L; done < range.Length; done += OutputBlocks.Bytes)
            yield return (tensor, range.Offset + done, Math.Min(OutputBlocks.Bytes, range.Length - done));
    }

    static byte[] FlipLast(byte[] bytes)
    {
        bytes[^1] ^= 0x80;
        return bytes;
    }

    static long DataBytes(ShardFile shard) => shard.Length - shard.Header.Length;

    void Interrupt(int calls)
    {
        using var output = _scenario.Open(_storage);
        _scenario.WriteMissing(output, calls);
    }
}
