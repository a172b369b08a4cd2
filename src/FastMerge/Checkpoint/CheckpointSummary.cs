using FastMerge.Core;

namespace FastMerge.Checkpoint;

/// <summary>How much of a checkpoint has one element type.</summary>
sealed record DTypeTotal(DType DType, int Tensors, long Parameters, long Bytes);

/// <summary>One file of a checkpoint.</summary>
sealed record ShardSummary(
    string FileName, int Tensors, long FileBytes, long HeaderBytes, string HeaderSha256, string? HubBlobName,
    IReadOnlyDictionary<string, string> Metadata);

/// <summary>One tensor of a checkpoint.</summary>
sealed record TensorRow(TensorSpec Spec, long Bytes, string FileName, long FileOffset);

/// <summary>What a checkpoint holds, from its validated headers.</summary>
sealed record CheckpointSummary
{
    /// <summary>The model as the user wrote it.</summary>
    public required string Model { get; init; }

    /// <summary>The folder it was found in.</summary>
    public required string Folder { get; init; }

    /// <summary>The commit of a hub snapshot.</summary>
    public required string? Commit { get; init; }

    /// <summary>The first of the configuration's architectures.</summary>
    public required string? Architecture { get; init; }

    /// <summary>Elements of all tensors.</summary>
    public required long Parameters { get; init; }

    /// <summary>Bytes of all tensors.</summary>
    public required long Bytes { get; init; }

    /// <summary>Totals by element type, the most bytes first.</summary>
    public required IReadOnlyList<DTypeTotal> DTypes { get; init; }

    /// <summary>The files, in order of name.</summary>
    public required IReadOnlyList<ShardSummary> Shards { get; init; }

    /// <summary>The tensors, by file and then in the order of their data.</summary>
    public required IReadOnlyList<TensorRow> Tensors { get; init; }

    /// <summary>What is odd but readable.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>Reads and validates a model.</summary>
    public static CheckpointSummary Read(string model, IStorage storage) =>
        Create(InputCheckpoint.Open(new ModelLocation(model), storage));

    /// <summary>Summarizes a model that is open.</summary>
    public static CheckpointSummary Create(InputCheckpoint checkpoint)
    {
        var rows = new List<TensorRow>(checkpoint.Tensors.Count);
        foreach (var shard in checkpoint.Shards)
        {
            foreach (var (spec, begin, end) in shard.Header.Tensors)
                rows.Add(new TensorRow(spec, end - begin, shard.FileName, shard.Header.DataOffset + begin));
        }
        return new CheckpointSummary
        {
            Model = checkpoint.Location.Text,
            Folder = checkpoint.Folder,
            Commit = checkpoint.Commit,
            Architecture = checkpoint.Architecture,
            Parameters = rows.Sum(row => row.Spec.ElementCount),
            Bytes = rows.Sum(row => row.Bytes),
            DTypes = Total(rows),
            Shards = [.. checkpoint.Shards.Select(Summarize)],
            Tensors = rows,
            Warnings = checkpoint.Warnings,
        };
    }

    static DTypeTotal[] Total(List<TensorRow> rows) =>
    [
        .. rows.GroupBy(row => row.Spec.DType)
            .Select(group => new DTypeTotal(
                group.Key, group.Count(), group.Sum(row => row.Spec.ElementCount), group.Sum(row => row.Bytes)))
            .OrderByDescending(total => total.Bytes).ThenBy(total => total.DType),
    ];

    static ShardSummary Summarize(InputShard shard) => new(
        shard.FileName, shard.Header.Tensors.Count, shard.Identity.Length, shard.Header.DataOffset,
        shard.HeaderSha256, shard.HubBlobName, shard.Header.Metadata);
}
