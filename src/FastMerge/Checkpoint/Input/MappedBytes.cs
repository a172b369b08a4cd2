using FastMerge.Core;
using FastMerge.Interop;

namespace FastMerge.Checkpoint.Input;

/// <summary>A mapped file; the native library guards the reads.</summary>
sealed unsafe class MappedBytes : InputBytes
{
    const int WillNeed = 1;

    // Below this the kernel's own read-ahead brings the neighbours in; a call for each tensor would cost more.
    const int LeastPrefetch = 128 << 10;

    readonly long _length;
    nint _address;

    /// <summary>Maps a file and closes it.</summary>
    public MappedBytes(IStorageFile file, long length)
    {
        _length = length;
        NativeError error;
        using (file)
        {
            var status = NativeMethods.MapFile((int)file.Handle!.DangerousGetHandle(), length, out _address, &error);
            if (status != (int)NativeStatus.Ok)
                throw new FastMergeException(FailureKind.Io, $"{DisplayText.Escape(file.Path)}: {error.Message}");
        }
    }

    /// <inheritdoc/>
    public override bool NeedsBuffer => false;

    /// <inheritdoc/>
    public override byte* Fetch(long offset, int length, byte* buffer) => (byte*)_address + offset;

    /// <inheritdoc/>
    public override void Prefetch(long offset, long length)
    {
        if (length >= LeastPrefetch) NativeMethods.Advise((byte*)_address + offset, length, WillNeed);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        var address = Interlocked.Exchange(ref _address, 0);
        if (address != 0) NativeMethods.UnmapFile(address, _length);
    }
}
