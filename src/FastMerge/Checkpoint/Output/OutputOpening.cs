using FastMerge.Core;

namespace FastMerge.Checkpoint.Output;

/// <summary>Finds out what an output folder holds and makes it ready, or says why it cannot be used.</summary>
sealed class OutputOpening(OutputSite site)
{
    readonly OutputRequest _request = site.Request;
    readonly string _shown = $"output '{DisplayText.Escape(site.Folder)}'";
    IDisposable? _hold;

    /// <summary>Opens the folder. Nothing is changed before every check has passed.</summary>
    public OutputFolder Open()
    {
        try
        {
            if (_request is { Resume: true, Overwrite: true })
                throw Usage("--resume and --overwrite contradict each other: choose one");
            if (site.Storage.Stat(site.Folder).Kind is EntryKind.File or EntryKind.Other)
                throw Usage($"{_shown} is not a folder");
            if (site.Storage.List(site.StateFolder).Contains(OutputNames.Hold)) _hold = OutputHold.Take(site);
            return Choose(FoundJournal.Read(site));
        }
        catch
        {
            _hold?.Dispose();
            throw;
        }
    }

    OutputFolder Choose(FoundJournal? journal)
    {
        if (_request.Overwrite) return Overwrite(journal);
        if (journal is not null)
        {
            return _request.Resume ? Resume(journal) : throw Usage(
                $"{_shown} holds an unfinished merge: --resume continues it, --overwrite starts again");
        }
        var names = ForeignNames([]);
        if (names.Count == 0) return Start();
        return PublishedFiles.Read(site.Storage, site.Folder, FailureKind.Usage) is { } published
            ? AcceptFinished(published)
            : throw Usage($"{_shown} is not empty (it holds {Some(names)}) and "
                + (_request.Resume ? "has no journal to resume from" : "would be mixed with the merge")
                + "; choose a new or empty folder");
    }

    OutputFolder AcceptFinished(PublishedFiles published)
    {
        if (!_request.Resume) throw Usage($"{_shown} holds a finished merge; --overwrite replaces it");
        if (published.Lock.Plan != _request.PlanHash)
        {
            throw Usage($"{_shown} holds the finished result of another merge (plan "
                + $"{published.Lock.Plan:x32}, not {_request.PlanHash:x32}); --overwrite replaces it");
        }
        if (!site.Has(site.Layout.LastName)) throw Damaged(site.Layout.LastName);
        if (published.FirstDamaged(site, withShards: true) is { } name) throw Damaged(name);
        if (ForeignNames(published.OwnedNames()) is { Count: > 0 } foreign) throw Foreign(foreign);
        OutputState.Remove(site, _hold);
        return OutputFolder.Finished(site);
    }

    OutputFolder Resume(FoundJournal found)
    {
        if (found.Difference(_request.PlanHash, AllParts()) is { } difference)
        {
            throw Usage($"{_shown} cannot be resumed: {DisplayText.Escape(difference)}; "
                + "--overwrite starts again");
        }
        if (ForeignNames(found.OwnedNames()) is { Count: > 0 } foreign) throw Foreign(foreign);
        CheckSpace(site.Layout.Shards.Sum(KeptLength));
        Hold();
        OutputHold.Describe(site);
        var file = site.Storage.OpenWrite(site.StateAt(OutputNames.Journal));
        OutputFolder? folder = null;
        try
        {
            file.Truncate(found.ValidLength);
            folder = new OutputFolder(site, new Journal(file, found.ValidLength, site.Hasher), Hold(), found.SideFiles);
            folder.TakeOver(new JournalReader(file, site.Hasher));
            return folder;
        }
        catch
        {
            folder?.Dispose();
            file.Dispose();
            throw;
        }
    }

    OutputFolder Overwrite(FoundJournal? journal)
    {
        var published = PublishedFiles.Read(site.Storage, site.Folder, FailureKind.Usage);
        var owned = (journal?.OwnedNames() ?? []).Concat(published?.OwnedNames() ?? [])
            .ToHashSet(StringComparer.Ordinal);
        if (ForeignNames(owned) is { Count: > 0 } foreign) throw Foreign(foreign);
        var present = site.Storage.List(site.Folder).Where(owned.Contains).ToList();
        CheckSpace(freed: present.Sum(name => site.Storage.Stat(site.At(name)).Length));
        OutputState.CreateFolders(site);
        Hold();
        OutputState.DeleteFiles(site, present);
        return Start();
    }

    OutputFolder Start()
    {
        CheckSpace(freed: 0);
        OutputState.CreateFolders(site);
        Hold();
        // Whoever held the lock until now may have left something.
        if (FoundJournal.Read(site) is not null || ForeignNames([]).Count > 0)
            throw new FastMergeException(FailureKind.OutputInUse, $"{_shown} was used by another merge meanwhile");
        OutputHold.Describe(site);
        var file = site.Storage.OpenWrite(site.StateAt(OutputNames.Journal));
        try
        {
            file.Truncate(0);
            var journal = new Journal(file, 0, site.Hasher);
            journal.Commit(new JournalRecord.Plan(_request.PlanHash, site.Layout.Shards.Length, AllParts()));
            site.Storage.SyncFolder(site.StateFolder);
            site.Storage.SyncFolder(site.Folder);
            return new(site, journal, Hold(), []);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    IDisposable Hold() => _hold ??= OutputHold.Take(site);

    List<PlanPart> AllParts() => [.. _request.PlanParts, new("output files", LayoutText())];

    string LayoutText()
    {
        var hashes = site.Layout.Shards.Select(shard => site.Hasher.Hash128(shard.Header)).ToArray();
        return $"{hashes.Length} with headers {OutputBlocks.FileHash(site.Hasher, hashes):x32}";
    }

    List<string> ForeignNames(IEnumerable<string> owned)
    {
        var known = owned.Append(OutputNames.State).ToHashSet(StringComparer.Ordinal);
        return [.. site.Storage.List(site.Folder).Where(name => !known.Contains(name))];
    }

    long KeptLength(ShardFile shard) => Math.Min(shard.Length, Math.Max(
        site.Storage.Stat(site.At(shard.Name)).Length, site.Storage.Stat(site.TemporaryAt(shard.Name)).Length));

    void CheckSpace(long freed)
    {
        var needed = _request.DiskReserve + site.Layout.Shards.Sum(shard => shard.Length);
        var free = site.Storage.FreeBytes(site.Folder);
        if (needed - freed <= free) return;
        throw new FastMergeException(FailureKind.Resources, $"{_shown} needs {ByteSize.Format(needed - freed)} more "
            + $"and {ByteSize.Format(free)} are free there; free some space or choose another folder");
    }

    FastMergeException Foreign(List<string> names) => Usage(
        $"{_shown} holds files that no journal or lock of FastMerge lists ({Some(names)}); move them away");

    FastMergeException Damaged(string name) => new(
        FailureKind.Verification, $"{_shown} is finished, but '{DisplayText.Escape(name)}' is missing or is not "
        + "what the lock records; --overwrite makes it again");

    static FastMergeException Usage(string message) => new(FailureKind.Usage, message);

    static string Some(List<string> names) => string.Join(", ", names.Take(3).Select(DisplayText.Escape))
        + (names.Count > 3 ? $" and {names.Count - 3} more" : "");
}
