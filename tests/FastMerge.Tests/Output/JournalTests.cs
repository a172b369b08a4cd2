using FastMerge.Checkpoint;
using FastMerge.Checkpoint.Output;
using FastMerge.Testing.Storage;

namespace FastMerge.Tests.Output;

public class JournalTests
{
    const string Path = "/j/journal";

    static readonly JournalRecord[] Samples =
    [
        new JournalRecord.Plan(99, 3, [new("recipe", "a\nb"), new("ü", "")]),
        new JournalRecord.Blocks(4, 7, [1, UInt128.MaxValue]),
        new JournalRecord.ShardDone(2, 55, new string('a', 64)),
        new JournalRecord.ShardDone(1, 55, null),
        new JournalRecord.ShardDiscarded(1),
        new JournalRecord.PhaseDone(3, [0, ulong.MaxValue]),
        new JournalRecord.Publishing(["config.json", "x"]),
    ];

    readonly MemoryStorage _storage = new();

    [Fact]
    public void Records_ReadBackAsWritten()
    {
        WriteSamples();
        Assert.Equal(Samples.Select(Text), Read(out _).Select(Text));
    }

    [Fact]
    public void AJournalCutAtAnyByte_GivesTheWholeRecordsBeforeTheCut()
    {
        var ends = WriteSamples();
        var content = _storage.Files("/j")["journal"];
        for (var length = 0; length <= content.Length; length++)
        {
            _storage.Put(Path, content.AsSpan(0, length));
            var read = Read(out var valid);
            Assert.Equal(ends.Count(end => end <= length), read.Count);
            Assert.Equal(ends.LastOrDefault(end => end <= length), valid);
        }
    }

    [Fact]
    public void AChangedByte_EndsTheJournalThere()
    {
        var ends = WriteSamples();
        var content = _storage.Files("/j")["journal"];
        for (var i = 0; i < content.Length; i++)
        {
            byte[] changed = [.. content];
            changed[i] ^= 0x10;
            _storage.Put(Path, changed);
            Assert.Equal(ends.Count(end => end <= i), Read(out _).Count);
        }
    }

    [Fact]
    public void AResume_SurvivesAnyTornTailOfTheJournal()
    {
        var scenario = OutputScenario.Sharded();
        var expected = scenario.Expected();
        using (var output = scenario.Open(_storage)) scenario.WriteMissing(output, calls: 4);
        var before = _storage.Files("/");
        var length = before[OutputScenario.Folder[1..] + "/.fastmerge/journal"].Length;
        for (var cut = 1; cut < length; cut += 1 + cut / 24)
        {
            var storage = new MemoryStorage();
            foreach (var (path, content) in before) storage.Put("/" + path, content);
            storage.Tamper(OutputScenario.Folder + "/.fastmerge/journal", bytes => bytes[..^cut]);
            if (!HasPlan(storage))
            {
                // Nothing says whose files these are.
                OutputScenario.Fails(Core.FailureKind.Usage, () => scenario.Run(storage, resume: true));
                continue;
            }
            scenario.Run(storage, resume: true);
            OutputScenario.AssertEqual(expected, storage);
        }
    }

    static bool HasPlan(MemoryStorage storage)
    {
        using var file = ((IStorage)storage).OpenRead(OutputScenario.Folder + "/.fastmerge/journal");
        return new JournalReader(file, OutputScenario.Hasher).Records().Any();
    }

    List<int> WriteSamples()
    {
        ((IStorage)_storage).CreateFolder("/j");
        var file = ((IStorage)_storage).OpenWrite(Path);
        using var journal = new Journal(file, 0, OutputScenario.Hasher);
        var ends = new List<int>();
        foreach (var record in Samples)
        {
            journal.Commit(record);
            ends.Add((int)file.Stat().Length);
        }
        return ends;
    }

    List<JournalRecord> Read(out long valid)
    {
        using var file = ((IStorage)_storage).OpenRead(Path);
        var reader = new JournalReader(file, OutputScenario.Hasher);
        List<JournalRecord> records = [.. reader.Records()];
        valid = reader.ValidLength;
        return records;
    }

    static string Text(JournalRecord record) => record switch
    {
        JournalRecord.Plan plan => $"plan {plan.Hash} {plan.Shards} {string.Join(';', plan.Parts)}",
        JournalRecord.Blocks blocks => $"blocks {blocks.Tensor} {blocks.First} {string.Join(';', blocks.Hashes)}",
        JournalRecord.PhaseDone phase => $"phase {phase.Phase} {string.Join(';', phase.Values)}",
        JournalRecord.Publishing publishing => $"publishing {string.Join(';', publishing.Names)}",
        _ => record.ToString(),
    };
}
