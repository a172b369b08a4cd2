using FastMerge.Checkpoint;

namespace FastMerge.Testing.Storage;

/// <summary>The error of a failing call.</summary>
public enum StorageFault
{
    /// <summary>The device failed (EIO).</summary>
    DeviceError,

    /// <summary>The file system is full (ENOSPC).</summary>
    NoSpace,

    /// <summary>No permission (EACCES).</summary>
    NoPermission,
}

/// <summary>Storage in which the n-th call fails, alone or with all that follow it.</summary>
/// <param name="inner">The storage that does the work.</param>
/// <param name="failAt">The number of the failing call, from 1; 0 never fails.</param>
/// <param name="fault">How it fails.</param>
/// <param name="sticky">Whether later calls fail too, as after the end of the process or of the disk.</param>
sealed class FaultyStorage(
    IStorage inner, int failAt, StorageFault fault = StorageFault.DeviceError, bool sticky = false) : IStorage
{
    int _calls;

    int FailAt => failAt;

    /// <summary>Whether a call failed.</summary>
    public bool Fired => failAt > 0 && _calls >= failAt;

    /// <summary>Only calls for which this is true count; operation and path are given.</summary>
    public Func<string, string, bool> Counts { get; init; } = (_, _) => true;

    public IStorageFile OpenRead(string path) => Run("open", path, () => Wrap(inner.OpenRead(path)));

    public IStorageFile OpenWrite(string path) => Run("create", path, () => Wrap(inner.OpenWrite(path)));

    public void Rename(string from, string to) => Run("rename", from, () => inner.Rename(from, to));

    public void Delete(string path) => Run("delete", path, () => inner.Delete(path));

    public void DeleteFolder(string path) => Run("delete the folder", path, () => inner.DeleteFolder(path));

    public void CreateFolder(string path) => Run("create the folder", path, () => inner.CreateFolder(path));

    public void SyncFolder(string path) => Run("sync the folder", path, () => inner.SyncFolder(path));

    public IReadOnlyList<string> List(string folder) => Run("list", folder, () => inner.List(folder));

    public StorageEntry Stat(string path) => Run("stat", path, () => inner.Stat(path));

    public long FreeBytes(string path) => Run("free", path, () => inner.FreeBytes(path));

    public IDisposable? TryLock(string path) => Run("lock", path, () => inner.TryLock(path));

    FaultyFile Wrap(IStorageFile file) => new(this, file);

    void Run(string operation, string path, Action action) => Run(operation, path, () =>
    {
        action();
        return true;
    });

    T Run<T>(string operation, string path, Func<T> action)
    {
        if (Fails(operation, path)) throw Error(operation, path);
        return action();
    }

    bool Fails(string operation, string path)
    {
        if (failAt == 0 || !Counts(operation, path)) return false;
        var call = Interlocked.Increment(ref _calls);
        return call == failAt || (sticky && call > failAt);
    }

    Exception Error(string operation, string path) => fault switch
    {
        StorageFault.NoSpace => new IOException($"cannot {operation} '{path}': no space left on device", 28),
        StorageFault.NoPermission => new UnauthorizedAccessException($"cannot {operation} '{path}': permission denied"),
        _ => new IOException($"cannot {operation} '{path}': input/output error", 5),
    };

    sealed class FaultyFile(FaultyStorage storage, IStorageFile inner) : IStorageFile
    {
        public string Path => inner.Path;

        public Microsoft.Win32.SafeHandles.SafeFileHandle? Handle => inner.Handle;

        public StorageEntry Stat() => storage.Run("stat", Path, inner.Stat);

        public void Read(long offset, Span<byte> buffer)
        {
            if (storage.Fails("read", Path)) throw storage.Error("read", Path);
            inner.Read(offset, buffer);
        }

        public void Write(long offset, ReadOnlySpan<byte> buffer)
        {
            if (storage.Fails("write", Path))
            {
                // A part goes out before the error; after the end nothing does.
                if (storage._calls == storage.FailAt) inner.Write(offset, buffer[..(buffer.Length / 2)]);
                throw storage.Error("write", Path);
            }
            inner.Write(offset, buffer);
        }

        public void Preallocate(long length) => storage.Run("preallocate", Path, () => inner.Preallocate(length));

        public void Truncate(long length) => storage.Run("truncate", Path, () => inner.Truncate(length));

        public void Sync()
        {
            if (storage.Fails("sync", Path))
            {
                if (storage._calls == storage.FailAt) (inner as MemoryStorage.OpenFile)?.FailSync();
                throw storage.Error("sync", Path);
            }
            inner.Sync();
        }

        public void Dispose() => inner.Dispose();
    }
}
