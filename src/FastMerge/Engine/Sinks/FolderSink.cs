using FastMerge.Checkpoint.Output;

namespace FastMerge.Engine.Sinks;

/// <summary>Writes to an output folder; what an earlier run finished is not computed again.</summary>
sealed class FolderSink(OutputFolder folder) : IMergeSink
{
    /// <inheritdoc/>
    public bool TryBegin(int tensor) => true;

    /// <inheritdoc/>
    public void OnRoom(Action wake)
    {
    }

    /// <inheritdoc/>
    public IReadOnlyList<ByteRange>? Missing(int tensor) => folder.MissingRanges(tensor);

    /// <inheritdoc/>
    public ulong[]? FindPhase(int phase) => folder.FindPhase(phase);

    /// <inheritdoc/>
    public void KeepPhase(int phase, ulong[] values) => folder.KeepPhase(phase, values);

    /// <inheritdoc/>
    public void Write(int tensor, long offset, ReadOnlySpan<byte> data, ReadOnlySpan<UInt128> blockHashes) =>
        folder.Write(tensor, offset, data, blockHashes);
}
