namespace FastMerge.Checkpoint.Output;

/// <summary>Creation and deletion of what is in an output folder, each step safe against a power cut.</summary>
static class OutputState
{
    /// <summary>Creates the output and state folders and makes their names durable.</summary>
    public static void CreateFolders(OutputSite site)
    {
        var created = new Stack<string>();
        for (var path = site.Folder; path is not null; path = Path.GetDirectoryName(path))
        {
            created.Push(path);
            if (path != site.Folder && site.Storage.Stat(path).Kind != EntryKind.Absent) break;
        }
        site.Storage.CreateFolder(site.StateFolder);
        foreach (var path in created)
        {
            try
            {
                site.Storage.SyncFolder(path);
            }
            catch (UnauthorizedAccessException) when (path != site.Folder)
            {
                // A parent that may be passed but not read: its entry for the output existed before.
            }
        }
    }

    /// <summary>Deletes files of an earlier output: first the one that says it is complete, last the
    /// records that say what may be deleted.</summary>
    public static void DeleteFiles(OutputSite site, IReadOnlyCollection<string> names)
    {
        string[] first = [ShardLayout.IndexName, ShardLayout.SingleName];
        foreach (var name in first.Where(names.Contains)) Delete(site, name);
        if (names.Count > 0) site.Storage.SyncFolder(site.Folder);
        foreach (var name in names.Except([.. first, OutputNames.Lock])) Delete(site, name);
        if (names.Count > 0) site.Storage.SyncFolder(site.Folder);
        if (names.Contains(OutputNames.Lock)) Delete(site, OutputNames.Lock);
        site.Storage.Delete(site.StateAt(OutputNames.Journal));
        if (names.Count > 0) site.Storage.SyncFolder(site.Folder);
    }

    /// <summary>Removes the state folder of a finished merge and lets the folder go.</summary>
    public static void Remove(OutputSite site, IDisposable? hold)
    {
        if (site.Storage.Stat(site.StateFolder).Kind == EntryKind.Absent) return;
        site.Storage.Delete(site.StateAt(OutputNames.Journal));
        site.Storage.Delete(site.StateAt(OutputNames.Run));
        site.Storage.Delete(site.StateAt(OutputNames.Hold));
        hold?.Dispose();
        site.Storage.DeleteFolder(site.StateFolder);
        site.Storage.SyncFolder(site.Folder);
    }

    static void Delete(OutputSite site, string name)
    {
        site.Request.Notice?.Invoke($"deletes {Core.DisplayText.Escape(name)}");
        site.Storage.Delete(site.At(name));
    }
}
