using System.Runtime.InteropServices;
using FastMerge.Backends;
using FastMerge.Checkpoint.Input;
using FastMerge.Plan;

namespace FastMerge.Engine;

/// <summary>A chunk whose inputs are in memory: mapped, or in a rented buffer.</summary>
sealed unsafe class FetchedChunk
{
    readonly nint[] _models;
    readonly nint[] _moved;
    nint _base;

    FetchedChunk(TensorTask task, long chunk, NativeBlock? buffer)
    {
        (Task, Chunk, Buffer) = (task, chunk, buffer);
        Range = task.Sweep.InputRange(chunk);
        _models = new nint[task.Tensor.Models.Length];
        _moved = GC.AllocateUninitializedArray<nint>(Math.Max(1, _models.Length), pinned: true);
    }

    /// <summary>The tensor.</summary>
    public TensorTask Task { get; }

    /// <summary>Which chunk of its current reading.</summary>
    public long Chunk { get; }

    /// <summary>The elements at hand.</summary>
    public ElementRange Range { get; }

    /// <summary>The buffer to give back; null when mapped.</summary>
    public NativeBlock? Buffer { get; }

    /// <summary>Bytes that were fetched.</summary>
    public long Bytes { get; private set; }

    /// <summary>Bytes that the inputs of a chunk of some elements need in a buffer.</summary>
    public static long BufferBytes(IEnumerable<long> inputBytes) =>
        inputBytes.Sum(b => RoundUp(b) + InputBytes.Slack);

    /// <summary>Fetches a chunk's inputs.</summary>
    public static FetchedChunk Fetch(TensorTask task, long chunk, InputSet inputs, NativeBlock? buffer)
    {
        var fetched = new FetchedChunk(task, chunk, buffer);
        var place = buffer is null ? null : buffer.Data;
        if (task.Tensor.Base is { } @base) fetched._base = fetched.Fetch(@base, inputs, ref place);
        for (var k = 0; k < task.Tensor.Models.Length; k++)
            fetched._models[k] = fetched.Fetch(task.Tensor.Models[k], inputs, ref place);
        return fetched;
    }

    /// <summary>The inputs of a chunk of the task's current reading, which is within what is at hand.</summary>
    public ChunkInputs Inputs(ElementRange range)
    {
        var skip = range.First - Range.First;
        for (var k = 0; k < Task.Tensor.Models.Length; k++)
            _moved[k] = _models[k] + (nint)(skip * Task.Sweep.UnitBits(Task.Tensor.Models[k].Spec.DType) / 8);
        var @base = Task.Tensor.Base is { } b ? _base + (nint)(skip * Task.Sweep.UnitBits(b.Spec.DType) / 8) : 0;
        return new() { Base = (byte*)@base, Models = (byte**)Marshal.UnsafeAddrOfPinnedArrayElement(_moved, 0) };
    }

    nint Fetch(TensorSource source, InputSet inputs, ref byte* place)
    {
        var tensor = ((StoredSource)source).Tensor;
        var bits = Task.Sweep.UnitBits(tensor.Spec.DType);
        var (offset, length) = (tensor.FileOffset + Range.First * bits / 8, Range.Count * bits / 8);
        var bytes = inputs.Of(tensor.Shard);
        bytes.Prefetch(offset, length);
        var data = bytes.Fetch(offset, checked((int)length), place);
        if (place is not null) place += RoundUp(length) + InputBytes.Slack;
        Bytes += length;
        return (nint)data;
    }

    static long RoundUp(long bytes) => (bytes + 4095) & -4096;
}
