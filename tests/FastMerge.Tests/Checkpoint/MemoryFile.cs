using FastMerge.Checkpoint;
using Microsoft.Win32.SafeHandles;

namespace FastMerge.Tests.Checkpoint;

/// <summary>Bytes that are read like a file.</summary>
sealed class MemoryFile(byte[] bytes) : IStorageFile
{
    public string Path => "memory";

    public SafeFileHandle? Handle => null;

    public StorageEntry Stat() => new(EntryKind.File, bytes.Length, 1, 1, 1, 1);

    public void Read(long offset, Span<byte> buffer) => bytes.AsSpan((int)offset, buffer.Length).CopyTo(buffer);

    public void Write(long offset, ReadOnlySpan<byte> buffer) => throw new NotSupportedException();

    public void Preallocate(long length) => throw new NotSupportedException();

    public void Truncate(long length) => throw new NotSupportedException();

    public void Sync() => throw new NotSupportedException();

    public void Dispose()
    {
    }
}
