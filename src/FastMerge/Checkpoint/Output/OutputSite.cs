using FastMerge.Core;

namespace FastMerge.Checkpoint.Output;

/// <summary>An output folder with what is needed to work in it.</summary>
sealed record OutputSite(OutputRequest Request, string Folder, IStorage Storage, IBlockHasher Hasher)
{
    /// <summary>The files to write.</summary>
    public ShardLayout Layout => Request.Layout;

    /// <summary>Reads back what is in the files.</summary>
    public FileHasher FileHasher { get; } =
        new(Hasher, Request.Threads, Request.Verified, Request.Cancellation);

    /// <summary>The path of a file of the output.</summary>
    public string At(string name) => Path.Join(Folder, name);

    /// <summary>The path under which a file is written before it is complete.</summary>
    public string TemporaryAt(string name) => At(OutputNames.Temporary(name, Request.PlanHash));

    /// <summary>The folder of an unfinished merge's state.</summary>
    public string StateFolder => At(OutputNames.State);

    /// <summary>The path of a file of the state folder.</summary>
    public string StateAt(string name) => Path.Join(StateFolder, name);

    /// <summary>Whether the output has a file of this name.</summary>
    public bool Has(string name) => Storage.Stat(At(name)).Kind == EntryKind.File;

    /// <summary>Writes a small file under its temporary name, makes it durable and renames it.</summary>
    public void WriteWhole(string name, ReadOnlySpan<byte> content)
    {
        var temporary = TemporaryAt(name);
        // A file whose sync failed earlier must not be synced again: it may be called clean unwritten.
        Storage.Delete(temporary);
        using (var file = Storage.OpenWrite(temporary))
        {
            file.Write(0, content);
            file.Sync();
        }
        Storage.Rename(temporary, At(name));
    }

    /// <summary>Takes back the promise that the output is complete, before a file of it changes.</summary>
    public void Retract()
    {
        if (!Has(ShardLayout.IndexName)) return;
        Storage.Delete(At(ShardLayout.IndexName));
        Storage.SyncFolder(Folder);
    }

    /// <summary>A failure of input or output in the folder, as the user sees it.</summary>
    public static FastMergeException Failure(Exception e) =>
        new(FailureKind.Io, $"{e.Message}; --resume continues once that is mended", e);
}
