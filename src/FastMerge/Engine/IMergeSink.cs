using FastMerge.Checkpoint.Output;

namespace FastMerge.Engine;

/// <summary>Where computed tensors go. Writes come from many threads, in any order.</summary>
interface IMergeSink
{
    /// <summary>
    /// Makes room for a tensor; tensors come in plan order. False if there is none now: the sink then calls the
    /// action given to <see cref="OnRoom"/> when there may be.
    /// </summary>
    bool TryBegin(int tensor);

    /// <summary>Sets what is called when a tensor that was refused may be tried again.</summary>
    void OnRoom(Action wake);

    /// <summary>The parts of a tensor that have to be computed; null is all of it.</summary>
    IReadOnlyList<ByteRange>? Missing(int tensor);

    /// <summary>What a phase over the model found in an earlier run, as <see cref="KeepPhase"/> got it.</summary>
    ulong[]? FindPhase(int phase) => null;

    /// <summary>Takes what a phase over the model has found.</summary>
    void KeepPhase(int phase, ulong[] values)
    {
    }

    /// <summary>Takes bytes of a tensor; the offset is a multiple of the hash block.</summary>
    void Write(int tensor, long offset, ReadOnlySpan<byte> data, ReadOnlySpan<UInt128> blockHashes);
}
