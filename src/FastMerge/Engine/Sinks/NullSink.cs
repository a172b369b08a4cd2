using FastMerge.Checkpoint.Output;

namespace FastMerge.Engine.Sinks;

/// <summary>Takes everything and keeps nothing.</summary>
sealed class NullSink : IMergeSink
{
    /// <inheritdoc/>
    public bool TryBegin(int tensor) => true;

    /// <inheritdoc/>
    public void OnRoom(Action wake)
    {
    }

    /// <inheritdoc/>
    public IReadOnlyList<ByteRange>? Missing(int tensor) => null;

    /// <inheritdoc/>
    public void Write(int tensor, long offset, ReadOnlySpan<byte> data, ReadOnlySpan<UInt128> blockHashes)
    {
    }
}
