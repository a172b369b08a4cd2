namespace FastMerge.Checkpoint.Output;

/// <summary>Brings the shards of an unfinished merge back to the state that the files really have.</summary>
sealed class OutputResume(OutputSite site, Journal journal, IReadOnlyList<ShardWriter> writers)
{
    /// <summary>Bytes of tensor data that were found good.</summary>
    public long KeptBytes { get; private set; }

    /// <summary>Takes over the records of the journal.</summary>
    public static void Recall(JournalRecord record, ShardLayout layout, IReadOnlyList<ShardWriter> writers)
    {
        switch (record)
        {
            case JournalRecord.Blocks blocks when IsInside(blocks, layout):
                var place = layout.Place(blocks.Tensor);
                writers[place.Shard].Recall(place.FirstBlock + blocks.First, blocks.Hashes);
                break;
            case JournalRecord.ShardDone done when (uint)done.Shard < writers.Count:
                writers[done.Shard].Recall(done);
                break;
            case JournalRecord.ShardDiscarded discarded when (uint)discarded.Shard < writers.Count:
                writers[discarded.Shard].Forget();
                break;
        }
    }

    /// <summary>Hashes everything that the journal calls written. True if the output turns out to be
    /// published, every file as the lock records it.</summary>
    public bool Verify()
    {
        for (var shard = 0; shard < writers.Count; shard++)
        {
            var file = site.Layout.Shards[shard];
            if (writers[shard].Done is null) KeptBytes += VerifyUnfinished(file.Name, shard);
            else if (IsIntact(shard)) KeptBytes += file.Length - file.Header.Length;
            else Redo(shard);
        }
        if (IsPublished()) return true;
        site.Retract();
        if (site.Layout.IsSingle) TakeBack(ShardLayout.SingleName);
        return false;
    }

    bool IsPublished() => writers.All(writer => writer.Done is not null)
        && site.Has(site.Layout.LastName) && PublishedFiles.Read(site) is { } published
        && published.Lock.Plan == site.Request.PlanHash && published.FirstDamaged(site, withShards: false) is null;

    static bool IsInside(JournalRecord.Blocks blocks, ShardLayout layout) =>
        (uint)blocks.Tensor < layout.Tensors.Count && blocks.First >= 0
        && blocks.First + (long)blocks.Hashes.Length <= OutputBlocks.Count(layout.Place(blocks.Tensor).Length);

    long VerifyUnfinished(string name, int shard)
    {
        // Renamed, but the record of it was lost: back to a file in the making.
        TakeBack(name);
        return writers[shard].VerifyBlocks();
    }

    void TakeBack(string name)
    {
        if (!site.Has(name)) return;
        site.Retract();
        site.Storage.Rename(site.At(name), site.TemporaryAt(name));
        site.Storage.SyncFolder(site.Folder);
    }

    bool IsIntact(int shard)
    {
        var (file, done) = (site.Layout.Shards[shard], writers[shard].Done!);
        var path = site.Has(file.Name) ? site.At(file.Name)
            : site.Layout.IsSingle ? site.TemporaryAt(file.Name) : null;
        if (path is null || site.Storage.Stat(path) is not { Kind: EntryKind.File } entry) return false;
        if (entry.Length != file.Length) return false;
        using var open = site.Storage.OpenRead(path);
        return site.FileHasher.HashFile(open, SafetensorsSegments.Of(site.Layout, shard)) == done.Hash;
    }

    void Redo(int shard)
    {
        var name = site.Layout.Shards[shard].Name;
        site.Request.Notice?.Invoke($"{name} is damaged or missing and is written again");
        site.Retract();
        site.Storage.Delete(site.At(name));
        site.Storage.Delete(site.TemporaryAt(name));
        site.Storage.SyncFolder(site.Folder);
        writers[shard].Forget();
        journal.Commit(new JournalRecord.ShardDiscarded(shard));
    }
}
