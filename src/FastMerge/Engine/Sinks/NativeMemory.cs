using System.Buffers;
using FastMerge.Backends;

namespace FastMerge.Engine.Sinks;

/// <summary>A native block as managed memory.</summary>
sealed unsafe class NativeMemory(long bytes) : MemoryManager<byte>
{
    readonly NativeBlock _block = new(bytes);

    /// <summary>Size.</summary>
    public int Bytes => (int)_block.Bytes;

    /// <inheritdoc/>
    public override Span<byte> GetSpan() => new(_block.Data, Bytes);

    /// <inheritdoc/>
    public override MemoryHandle Pin(int elementIndex = 0) => new(_block.Data + elementIndex);

    /// <inheritdoc/>
    public override void Unpin()
    {
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _block.Dispose();
}
