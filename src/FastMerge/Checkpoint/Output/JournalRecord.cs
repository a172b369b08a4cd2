namespace FastMerge.Checkpoint.Output;

/// <summary>An entry of the journal.</summary>
abstract record JournalRecord
{
    JournalRecord()
    {
    }

    /// <summary>The first record: what is being made.</summary>
    public sealed record Plan(UInt128 Hash, int Shards, IReadOnlyList<PlanPart> Parts) : JournalRecord;

    /// <summary>Blocks of a tensor were written. A hint: see <see cref="Journal"/>.</summary>
    public sealed record Blocks(int Tensor, int First, UInt128[] Hashes) : JournalRecord;

    /// <summary>A shard is complete and durable.</summary>
    public sealed record ShardDone(int Shard, UInt128 Hash, string? Sha256) : JournalRecord;

    /// <summary>What was written of a shard must not be used.</summary>
    public sealed record ShardDiscarded(int Shard) : JournalRecord;

    /// <summary>What a phase over the whole model found: the bits of its numbers.</summary>
    public sealed record PhaseDone(int Phase, ulong[] Values) : JournalRecord;

    /// <summary>From here on side files of these names may exist.</summary>
    public sealed record Publishing(IReadOnlyList<string> Names) : JournalRecord;
}
