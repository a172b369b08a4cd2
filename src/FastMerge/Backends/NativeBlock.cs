using FastMerge.Interop;

namespace FastMerge.Backends;

/// <summary>A page-aligned block of native memory.</summary>
sealed unsafe class NativeBlock : IDisposable
{
    nint _address;

    /// <summary>Allocates zero-filled memory.</summary>
    public NativeBlock(long bytes)
    {
        Bytes = bytes;
        NativeError error;
        NativeFailure.ThrowIfFailed(NativeMethods.Allocate(bytes, out _address, &error), error, "buffer");
    }

    /// <summary>Size.</summary>
    public long Bytes { get; }

    /// <summary>The first byte.</summary>
    public byte* Data => (byte*)_address;

    /// <inheritdoc/>
    public void Dispose()
    {
        var address = Interlocked.Exchange(ref _address, 0);
        if (address != 0) NativeMethods.Free(address, Bytes);
    }
}
