using System.Runtime.InteropServices;
using FastMerge.Core;
using FastMerge.Interop;
using Microsoft.Win32.SafeHandles;

namespace FastMerge.Checkpoint;

/// <summary>An open real file; calls that a signal interrupts or that move fewer bytes go on.</summary>
sealed unsafe class FileStorageFile(string path, SafeFileHandle handle) : IStorageFile
{
    // The kernel moves at most 2^31 - 4096 bytes a call.
    const int MaxTransfer = 1 << 30;

    // The device starts early on a large output, so that the sync at its end has little left to wait for.
    const int WriteBackBytes = 32 << 20;
    const uint WriteBack = 2;

    int _unwritten;

    public string Path { get; } = path;

    public SafeFileHandle Handle { get; } = handle;

    public StorageEntry Stat()
    {
        var errno = Posix.Stat(Handle, out var facts);
        return errno == 0 ? FileStorage.ToEntry(facts) : throw StorageErrors.Create("look at", Path, errno);
    }

    public void Read(long offset, Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            for (var done = 0; done < buffer.Length;)
            {
                var count = Math.Min(buffer.Length - done, MaxTransfer);
                var moved = Posix.Read(Handle, start + done, count, offset + done);
                if (moved == 0)
                {
                    throw new EndOfStreamException(
                        $"cannot read '{DisplayText.Escape(Path)}': it ends before byte {offset + buffer.Length}");
                }
                done += Moved(moved, "read", offset + done);
            }
        }
    }

    public void Write(long offset, ReadOnlySpan<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            for (var done = 0; done < buffer.Length;)
            {
                var count = Math.Min(buffer.Length - done, MaxTransfer);
                done += Moved(Posix.Write(Handle, start + done, count, offset + done), "write", offset + done);
            }
        }
        if (Interlocked.Add(ref _unwritten, Math.Min(buffer.Length, WriteBackBytes)) < WriteBackBytes) return;
        Interlocked.Exchange(ref _unwritten, 0);
        _ = Posix.StartWriteBack(Handle, 0, 0, WriteBack);
    }

    public void Preallocate(long length)
    {
        Truncate(length);
        if (length == 0) return;
        int errno;
        do
        {
            errno = Posix.Allocate(Handle, 0, length);
        }
        while (errno == Posix.EINTR);
        // A file system that cannot reserve still takes the writes; disk space was checked before.
        if (errno is not (0 or Posix.EOPNOTSUPP or Posix.EINVAL))
            throw StorageErrors.Create($"reserve {length} bytes for", Path, errno);
    }

    public void Truncate(long length)
    {
        while (Posix.Truncate(Handle, length) != 0)
        {
            var errno = Marshal.GetLastPInvokeError();
            if (errno != Posix.EINTR) throw StorageErrors.Create($"set the length {length} of", Path, errno);
        }
    }

    public void Sync()
    {
        if (Posix.Sync(Handle) != 0) throw StorageErrors.Create("sync", Path, Marshal.GetLastPInvokeError());
    }

    public void Dispose() => Handle.Dispose();

    int Moved(nint result, string action, long offset)
    {
        if (result > 0) return (int)result;
        var errno = result == 0 ? Posix.ENOSPC : Marshal.GetLastPInvokeError();
        return errno == Posix.EINTR ? 0 : throw StorageErrors.Create($"{action} at byte {offset}", Path, errno);
    }
}
