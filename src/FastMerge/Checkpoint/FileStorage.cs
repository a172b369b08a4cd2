using System.Runtime.InteropServices;
using FastMerge.Interop;
using Microsoft.Win32.SafeHandles;

namespace FastMerge.Checkpoint;

/// <summary>Real files of a Linux system.</summary>
sealed class FileStorage : IStorage
{
    const int ReadWriteForAll = 0x1b6;
    const uint EverythingForAll = 0x1ff;

    FileStorage()
    {
    }

    public static FileStorage Instance { get; } = new();

    public IStorageFile OpenRead(string path) => OpenFile(path, "open", 0);

    public IStorageFile OpenWrite(string path) => OpenFile(path, "open for writing", Posix.O_RDWR | Posix.O_CREAT);

    public void Rename(string from, string to)
    {
        if (Posix.Rename(StorageErrors.Check(from), StorageErrors.Check(to)) != 0)
            throw StorageErrors.Create("rename to " + to, from, Marshal.GetLastPInvokeError());
    }

    public void Delete(string path) => Remove("delete", path, Posix.Unlink(StorageErrors.Check(path)));

    public void DeleteFolder(string path) =>
        Remove("delete the folder", path, Posix.RemoveFolder(StorageErrors.Check(path)));

    public void CreateFolder(string path)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(StorageErrors.Check(path)));
        if (Stat(full).Kind == EntryKind.Folder) return;
        if (Path.GetDirectoryName(full) is { } parent) CreateFolder(parent);
        if (Posix.MakeFolder(full, EverythingForAll) == 0) return;
        var errno = Marshal.GetLastPInvokeError();
        if (errno != Posix.EEXIST || Stat(full).Kind != EntryKind.Folder)
            throw StorageErrors.Create("create the folder", path, errno);
    }

    public void SyncFolder(string path)
    {
        using var handle = OpenHandle(path, "open the folder", 0);
        if (Posix.Sync(handle) != 0)
            throw StorageErrors.Create("sync the folder", path, Marshal.GetLastPInvokeError());
    }

    public IReadOnlyList<string> List(string folder)
    {
        if (Stat(folder).Kind == EntryKind.Absent) return [];
        try
        {
            var options = new EnumerationOptions { AttributesToSkip = 0, IgnoreInaccessible = false };
            var names = Directory.EnumerateFileSystemEntries(folder, "*", options)
                .Select(entry => Path.GetFileName(entry)).ToArray();
            Array.Sort(names, StringComparer.Ordinal);
            return names;
        }
        catch (UnauthorizedAccessException)
        {
            throw StorageErrors.Create("list", folder, Posix.EACCES);
        }
    }

    public StorageEntry Stat(string path) => Posix.Stat(StorageErrors.Check(path), out var facts) switch
    {
        0 => ToEntry(facts),
        Posix.ENOENT or Posix.ENOTDIR => default,
        var errno => throw StorageErrors.Create("look at", path, errno),
    };

    public long FreeBytes(string path)
    {
        var existing = Path.GetFullPath(StorageErrors.Check(path));
        while (Stat(existing).Kind == EntryKind.Absent && Path.GetDirectoryName(existing) is { } parent)
            existing = parent;
        var errno = Posix.FreeBytes(existing, out var bytes);
        return errno == 0 ? bytes : throw StorageErrors.Create("ask the free space of", existing, errno);
    }

    public IDisposable? TryLock(string path)
    {
        while (true)
        {
            var handle = OpenHandle(path, "open the lock", Posix.O_RDWR | Posix.O_CREAT);
            var errno = Posix.Lock(handle, Posix.LOCK_EX | Posix.LOCK_NB) == 0 ? 0 : Marshal.GetLastPInvokeError();
            // A holder may delete the file on its way out: only a lock on the file at the path counts.
            if (errno == 0 && IsAt(handle, path)) return handle;
            handle.Dispose();
            if (errno == Posix.EAGAIN) return null;
            if (errno is not (0 or Posix.EINTR)) throw StorageErrors.Create("lock", path, errno);
        }
    }

    internal static StorageEntry ToEntry(in FileFacts facts) => new(
        facts.IsRegular ? EntryKind.File : facts.IsFolder ? EntryKind.Folder : EntryKind.Other,
        (long)facts.Size, (ulong)facts.DeviceMajor << 32 | facts.DeviceMinor, facts.Inode,
        facts.ModifiedSeconds * 1_000_000_000 + facts.ModifiedNanoseconds,
        facts.ChangedSeconds * 1_000_000_000 + facts.ChangedNanoseconds);

    static FileStorageFile OpenFile(string path, string action, int flags)
    {
        // Without O_NONBLOCK the open of a FIFO waits for a writer that may never come.
        var handle = OpenHandle(path, action, flags | Posix.O_NONBLOCK | Posix.O_NOCTTY);
        var errno = Posix.Stat(handle, out var facts);
        if (errno == 0 && facts.IsRegular) return new FileStorageFile(path, handle);
        handle.Dispose();
        if (errno != 0) throw StorageErrors.Create(action, path, errno);
        if (facts.IsFolder) throw StorageErrors.Create(action, path, Posix.EISDIR);
        throw new IOException(
            $"cannot {action} '{Core.DisplayText.Escape(path)}': it is a pipe, socket or device, not a regular file");
    }

    static SafeFileHandle OpenHandle(string path, string action, int flags)
    {
        StorageErrors.Check(path);
        while (true)
        {
            var descriptor = Posix.Open(path, flags | Posix.O_CLOEXEC, ReadWriteForAll);
            if (descriptor >= 0) return new SafeFileHandle(descriptor, ownsHandle: true);
            var errno = Marshal.GetLastPInvokeError();
            if (errno != Posix.EINTR) throw StorageErrors.Create(action, path, errno);
        }
    }

    static bool IsAt(SafeFileHandle handle, string path) =>
        Posix.Stat(handle, out var open) == 0 && Posix.Stat(path, out var named) == 0
        && (open.Inode, open.DeviceMajor, open.DeviceMinor) == (named.Inode, named.DeviceMajor, named.DeviceMinor);

    static void Remove(string action, string path, int result)
    {
        if (result == 0) return;
        var errno = Marshal.GetLastPInvokeError();
        if (errno is not (Posix.ENOENT or Posix.ENOTDIR)) throw StorageErrors.Create(action, path, errno);
    }
}
