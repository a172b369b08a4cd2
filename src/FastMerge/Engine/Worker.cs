using System.Runtime.InteropServices;
using FastMerge.Backends;

namespace FastMerge.Engine;

/// <summary>A computed chunk on its way to the sink.</summary>
readonly record struct ComputedChunk(TensorTask Task, long Offset, int Bytes, NativeBlock Data, UInt128[] Hashes);

/// <summary>What a computing thread works with.</summary>
sealed unsafe class Worker(
    int index, ChunkBuffers outputs, Stage<ComputedChunk> writes, Action<TensorTask, NonFiniteElements> nonFinite)
    : IDisposable
{
    NativeBlock? _ranks;
    nint[] _places = [];

    /// <summary>A number below the thread count that no other running worker has.</summary>
    public int Index { get; } = index;

    /// <summary>Takes a buffer for a chunk of output.</summary>
    public NativeBlock RentOutput() => outputs.Rent();

    /// <summary>Gives a buffer back unused.</summary>
    public void Return(NativeBlock buffer) => outputs.Return(buffer);

    /// <summary>Memory for ranks, until it is asked for again.</summary>
    public float* RentRanks(long count)
    {
        if (_ranks is null || _ranks.Bytes < count * sizeof(float))
        {
            _ranks?.Dispose();
            _ranks = new(Math.Max(1, count) * sizeof(float));
        }
        return (float*)_ranks.Data;
    }

    /// <summary>Memory for the places of some arrays, until it is asked for again.</summary>
    public float** RentPlaces(int count)
    {
        if (_places.Length < count) _places = GC.AllocateUninitializedArray<nint>(count, pinned: true);
        return (float**)Marshal.UnsafeAddrOfPinnedArrayElement(_places, 0);
    }

    /// <inheritdoc/>
    public void Dispose() => _ranks?.Dispose();

    /// <summary>Hashes a chunk and passes it on, buffer included.</summary>
    public void Write(TensorTask task, long offset, int bytes, NativeBlock data)
    {
        var hashes = new UInt128[(bytes + NativeHash.BlockBytes - 1) / NativeHash.BlockBytes];
        NativeHash.HashBlocks(new ReadOnlySpan<byte>(data.Data, bytes), hashes);
        if (!writes.Add(new(task, offset, bytes, data, hashes))) throw new OperationCanceledException();
    }

    /// <summary>Counts NaN and Inf.</summary>
    public void NoteNonFinite(TensorTask task, NonFiniteElements found) => nonFinite(task, found);
}
