using Microsoft.Win32.SafeHandles;

namespace FastMerge.Checkpoint;

/// <summary>
/// Every file operation of a merge goes through this seam, so that tests can make the n-th call
/// fail. Failures are <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/>.
/// </summary>
interface IStorage
{
    /// <summary>Opens a regular file for reading; a FIFO, device or folder is refused without blocking.</summary>
    IStorageFile OpenRead(string path);

    /// <summary>Opens a file for reading and writing, creating it (mode 0666 and umask) if absent.</summary>
    IStorageFile OpenWrite(string path);

    /// <summary>Atomically replaces <paramref name="to"/>.</summary>
    void Rename(string from, string to);

    /// <summary>Deletes a file; absent is not an error.</summary>
    void Delete(string path);

    /// <summary>Deletes an empty folder; absent is not an error.</summary>
    void DeleteFolder(string path);

    /// <summary>Creates a folder and its parents.</summary>
    void CreateFolder(string path);

    /// <summary>Makes creations, renames and deletions in a folder durable.</summary>
    void SyncFolder(string path);

    /// <summary>Names (not paths) of the entries of a folder, in ordinal order; empty if absent.</summary>
    IReadOnlyList<string> List(string folder);

    /// <summary>What the path leads to after following links.</summary>
    StorageEntry Stat(string path);

    /// <summary>Bytes free to this user on the file system that holds the path's nearest existing ancestor.</summary>
    long FreeBytes(string path);

    /// <summary>Takes an exclusive lock that dies with the process; null if another holds it.</summary>
    IDisposable? TryLock(string path);
}

/// <summary>An open file. Reads and writes at offsets may run on many threads at once.</summary>
interface IStorageFile : IDisposable
{
    /// <summary>The path it was opened by.</summary>
    string Path { get; }

    /// <summary>Identity, size and times now (fstat).</summary>
    StorageEntry Stat();

    /// <summary>The descriptor, for mapping; null in storage that cannot be mapped.</summary>
    SafeFileHandle? Handle { get; }

    /// <summary>Fills the buffer or throws <see cref="EndOfStreamException"/>.</summary>
    void Read(long offset, Span<byte> buffer);

    /// <summary>Writes the whole buffer.</summary>
    void Write(long offset, ReadOnlySpan<byte> buffer);

    /// <summary>Sets the length and reserves the blocks.</summary>
    void Preallocate(long length);

    /// <summary>Cuts the file to a length.</summary>
    void Truncate(long length);

    /// <summary>Makes the content durable (fsync). A failed sync is never retried.</summary>
    void Sync();
}

/// <summary>What a path is.</summary>
enum EntryKind { Absent, File, Folder, Other }

/// <summary>The facts that tell one state of a file from another.</summary>
readonly record struct StorageEntry(
    EntryKind Kind, long Length, ulong Device, ulong Inode, long ModifiedNanoseconds, long ChangedNanoseconds);
