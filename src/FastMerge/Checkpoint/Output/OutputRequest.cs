namespace FastMerge.Checkpoint.Output;

/// <summary>What a merge wants of its output folder.</summary>
sealed record OutputRequest
{
    /// <summary>The output folder; it need not exist.</summary>
    public required string Folder { get; init; }

    /// <summary>The files to write.</summary>
    public required ShardLayout Layout { get; init; }

    /// <summary>
    /// Hash of all that decides the output bytes. It is part of the published lock, so it must not
    /// depend on paths, times or threads; what else must hold for a resume goes into the parts.
    /// </summary>
    public required UInt128 PlanHash { get; init; }

    /// <summary>What must be unchanged for a resume, by name; may hold times and inodes of inputs.</summary>
    public IReadOnlyList<PlanPart> PlanParts { get; init; } = [];

    /// <summary>Continue an unfinished merge.</summary>
    public bool Resume { get; init; }

    /// <summary>Delete an earlier output or unfinished merge first.</summary>
    public bool Overwrite { get; init; }

    /// <summary>Record the SHA-256 of every output file.</summary>
    public bool Sha256 { get; init; }

    /// <summary>Bytes to leave for side files on top of the weights.</summary>
    public long DiskReserve { get; init; } = 1 << 20;

    /// <summary>Threads that verify kept bytes.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Facts for <c>.fastmerge/run.json</c>; process and host are added.</summary>
    public IReadOnlyDictionary<string, string> RunInfo { get; init; } = new Dictionary<string, string>();

    /// <summary>Told one line at a time what is kept, discarded or deleted.</summary>
    public Action<string>? Notice { get; init; }

    /// <summary>Called with a shard's number before its bytes are declared good; throws when an
    /// input changed, and then everything that is not finished is discarded.</summary>
    public Action<int>? BeforeShardRename { get; init; }

    /// <summary>Told the bytes verified since the last call while a resume checks what it keeps.</summary>
    public Action<long>? Verified { get; init; }

    /// <summary>Stops the verification of kept bytes.</summary>
    public CancellationToken Cancellation { get; init; }
}
