using FastMerge.Core;

namespace FastMerge.Checkpoint.Output;

/// <summary>Writes all that follows the weights, in the order that keeps an unfinished output from
/// looking finished.</summary>
sealed class OutputPublisher(OutputSite site, Journal journal, JournalRecord.ShardDone[] shards)
{
    /// <summary>Publishes and returns the lock as it was written.</summary>
    public MergeLock Publish(
        IReadOnlyList<OutputFile> sideFiles, MergeLock mergeLock, IReadOnlyList<string> oldSideFiles)
    {
        CheckNames(sideFiles);
        var names = sideFiles.Select(file => file.Name).ToList();
        // From now on the names belong to this merge: a resume may replace them, an overwrite delete them.
        journal.Commit(new JournalRecord.Publishing(names));
        foreach (var name in oldSideFiles.Except(names).Where(OutputNames.IsPlain))
        {
            site.Storage.Delete(site.At(name));
            site.Storage.Delete(site.TemporaryAt(name));
        }
        foreach (var file in sideFiles) site.WriteWhole(file.Name, file.Content.Span);
        var index = site.Layout.IsSingle ? null : ShardIndexText.Write(site.Layout);
        var filled = mergeLock with { Plan = site.Request.PlanHash, Outputs = [.. Outputs(sideFiles, index)] };
        site.WriteWhole(OutputNames.Lock, MergeLockJson.Write(filled, site.Hasher));
        site.Storage.SyncFolder(site.Folder);
        if (index is not null) site.WriteWhole(ShardLayout.IndexName, index);
        else site.Storage.Rename(site.TemporaryAt(ShardLayout.SingleName), site.At(ShardLayout.SingleName));
        site.Storage.SyncFolder(site.Folder);
        return filled;
    }

    IEnumerable<LockedOutput> Outputs(IReadOnlyList<OutputFile> sideFiles, byte[]? index)
    {
        foreach (var done in shards)
        {
            var file = site.Layout.Shards[done.Shard];
            yield return new(file.Name, file.Length, done.Hash, site.Request.Sha256 ? Sha256(done, file) : null);
        }
        if (index is not null) yield return Locked(ShardLayout.IndexName, index);
        foreach (var side in sideFiles.OrderBy(side => side.Name, StringComparer.Ordinal))
            yield return Locked(side.Name, side.Content.Span);
    }

    LockedOutput Locked(string name, ReadOnlySpan<byte> content) => new(
        name, content.Length, OutputBlocks.FileHash(site.Hasher, content),
        site.Request.Sha256
            ? Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(content)) : null);

    string Sha256(JournalRecord.ShardDone done, ShardFile shard)
    {
        if (done.Sha256 is { } known) return known;
        var path = site.Layout.IsSingle ? site.TemporaryAt(shard.Name) : site.At(shard.Name);
        using var file = site.Storage.OpenRead(path);
        return site.FileHasher.Sha256(file, shard.Length);
    }

    void CheckNames(IReadOnlyList<OutputFile> sideFiles)
    {
        var taken = site.Layout.Shards.Select(shard => shard.Name)
            .Append(ShardLayout.IndexName).Append(ShardLayout.SingleName).Append(OutputNames.Lock)
            .ToHashSet(StringComparer.Ordinal);
        foreach (var file in sideFiles)
        {
            if (OutputNames.IsPlain(file.Name) && taken.Add(file.Name)) continue;
            throw new FastMergeException(FailureKind.Input, $"side file '{DisplayText.Escape(file.Name)}' cannot be "
                + "written: the name is not that of a file in the folder, or is taken");
        }
    }
}
