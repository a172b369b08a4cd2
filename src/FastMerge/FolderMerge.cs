using System.Globalization;
using FastMerge.Checkpoint;
using FastMerge.Checkpoint.Output;
using FastMerge.Engine;
using FastMerge.Engine.Sinks;

namespace FastMerge;

/// <summary>A merge to a folder, by the output protocol.</summary>
static class FolderMerge
{
    /// <summary>Opens or resumes the folder, computes what is missing, publishes.</summary>
    public static MergeReport Execute(
        MergeRun run, MergeSession session, MergeOptions options, string output, CancellationToken cancellation)
    {
        OutputPlacement.Check(session.Storage, output, session.Planned.Checkpoints.Select(InputPath));
        var sideFiles = OutputContents.SideFiles(session.Planned, session.Storage);
        using var inputs = new InputSet(session.Planned.Checkpoints, options.Input);
        var planHash = session.PlanHash();
        var request = new OutputRequest
        {
            Folder = output,
            Layout = session.Layout,
            PlanHash = planHash,
            PlanParts = session.PlanParts(),
            Resume = options.Resume,
            Overwrite = options.Overwrite,
            Sha256 = options.Sha256,
            DiskReserve = sideFiles.Sum(f => (long)f.Content.Length) + (1 << 20),
            Threads = session.Threads,
            RunInfo = RunInfo(session),
            Notice = run.Note,
            BeforeShardRename = shard => inputs.CheckUnchanged(
                session.Layout.Shards[shard].Tensors.SelectMany(t => session.Planned.Tensors[t].StoredInputs)),
            Cancellation = cancellation,
        };
        using var folder = OutputFolder.Open(request, session.Storage, BlockHasher.Instance);
        if (folder.AlreadyComplete)
            return run.Report(output) with { AlreadyComplete = true, KeptBytes = session.Layout.TotalBytes };
        run.Execute(new FolderSink(folder), inputs, folder.KeptBytes, cancellation);
        var hashes = options.Sha256 ? InputHashes(session, cancellation) : [];
        folder.Publish(
            sideFiles, OutputContents.Lock(session.Planned, planHash, options.Seed, s => hashes.GetValueOrDefault(s)));
        return run.Report(output);
    }

    static string InputPath(InputCheckpoint checkpoint) =>
        checkpoint.HasSideFiles || checkpoint.Shards.Count == 0 ? checkpoint.Folder : checkpoint.Shards[0].Path;

    static Dictionary<string, string> RunInfo(MergeSession session) => new()
    {
        ["threads"] = session.Threads.ToString(CultureInfo.InvariantCulture),
        ["memory"] = session.MemoryBytes.ToString(CultureInfo.InvariantCulture),
        ["chunk"] = session.Memory.ChunkBytes.ToString(CultureInfo.InvariantCulture),
        ["backend"] = session.BackendText,
    };

    static Dictionary<InputShard, string> InputHashes(MergeSession session, CancellationToken cancellation)
    {
        var hashes = new Dictionary<InputShard, string>();
        foreach (var shard in session.Planned.Checkpoints.SelectMany(c => c.Shards))
            hashes[shard] = FileSha256.Of(session.Storage, shard.Path, cancellation);
        return hashes;
    }
}
